// History: what each virtual router shows to people, RFC 9568's role or Fault, and how it came to
// it. Reads the Speaker's reports and the last round; writes the router and VIP tracks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/base/time.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/reconcile/state.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::reconcile {

/// Takes over what the Speaker says. True if a role changed, so that a round is due.
[[nodiscard]] bool fold_report(State& state, const vrrp::SpeakerReport& report, base::Now now);

/// Compares what each router shows now with what it showed before, and records the transitions.
void record_transitions(State& state, base::Now now, Occurrences& occurrences);

/// Reason and sentence of a cause, for status and events.
[[nodiscard]] std::string_view reason_of(const Cause& cause);
[[nodiscard]] std::string_view message_of(const Cause& cause);

/// Reason and sentence for what a router shows now: while it is kept out, they may change.
[[nodiscard]] std::string_view present_reason(const State& state, std::uint32_t router);
[[nodiscard]] std::string present_message(const State& state, std::uint32_t router);

}  // namespace keelvip::reconcile
