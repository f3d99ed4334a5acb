// Health fold: from the checks in the specs to what the prober runs, and from its results to the
// verdicts that resolve reads.
#pragma once

#include <vector>

#include "pkg/base/time.h"
#include "pkg/health/roster.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/reconcile/state.h"

namespace keelvip::reconcile {

/// The checks of every VIP that this node may hold.
[[nodiscard]] std::vector<health::Roster::Entry> checks_of(const Assignment& assignment);

/// Reads the verdicts anew and tells of those that changed. Called when the roster says so and
/// after every change of specs.
void refresh_verdicts(State& state, Occurrences& occurrences);

/// "Withdraw" or "LowerPriority by 60".
[[nodiscard]] std::string describe(const api::OnFailure& on_failure);

}  // namespace keelvip::reconcile
