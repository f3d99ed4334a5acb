// What changed between two sets of counters, as text: "checksum_errors +1". For the conformance
// transcripts, which thereby show that no other counter moved.
#pragma once

#include <string>
#include <vector>

#include "pkg/vrrp/speaker_report.h"

namespace keelvip::conformance {

[[nodiscard]] std::vector<std::string> counter_changes(const vrrp::RouterStatistics& before,
                                                       const vrrp::RouterStatistics& after);
/// Without packets_received, which every packet moves.
[[nodiscard]] std::vector<std::string> counter_changes(const vrrp::SpeakerStatistics& before,
                                                       const vrrp::SpeakerStatistics& after);

}  // namespace keelvip::conformance
