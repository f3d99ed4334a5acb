// build_snapshot: all that the controller knows, in the words of the endpoints. Off the failover
// path; called when nothing urgent waits.
#pragma once

#include "pkg/base/time.h"
#include "pkg/reconcile/state.h"
#include "pkg/status/snapshot.h"

namespace keelvip::reconcile {

[[nodiscard]] status::Snapshot build_snapshot(const State& state, base::Now now);

}  // namespace keelvip::reconcile
