// Address watch: notices when wanted addresses come and go. One that came raises its announce
// generation, so that the Speaker tells the neighbours; one that went although nobody here removed
// it is drift, and is counted once it is back. Runs in every round, between resolve and make_plan.
#pragma once

#include "pkg/base/time.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/reconcile/state.h"

namespace keelvip::reconcile {

/// After new facts: a link that lost its carrier for a moment, or has another hardware address,
/// makes the addresses on it news to the switches and neighbours behind it, even if no role
/// changed.
void announce_anew(State& state, const net::HostFacts& before);

void watch_addresses(State& state, base::Now now, Occurrences& occurrences);

}  // namespace keelvip::reconcile
