// Which counter a rejected packet belongs to: one of its virtual router's, or one of the Speaker's
// (the names of RFC 8347). Pure.
#pragma once

#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::vrrp {

/// Adds one to the counter of `rejection`. `router` is nullptr when the packet is for no virtual
/// router that takes part here: what could only be counted for one then counts as an unknown VRID.
void count(Rejection rejection, RouterStatistics* router, SpeakerStatistics& speaker);

}  // namespace keelvip::vrrp
