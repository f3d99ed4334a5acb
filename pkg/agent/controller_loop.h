// The controller thread's loop: hands every event to the one decider and carries out what it
// decides, the urgent first. On the failover path: it blocks only in epoll.
#pragma once

#include <functional>

#include "pkg/agent/channels.h"
#include "pkg/reconcile/controller.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/runtime/wakeup.h"
#include "pkg/status/snapshot.h"

namespace keelvip::agent {

/// What the Snapshot says of the worker and its guard.
using WorkerFacts = std::function<status::WorkerStatus()>;

/// Runs until `stop` has been requested and everything is given up, or the controller's patience
/// for that has ended; then signals `stopped`.
void run_controller_loop(reconcile::Controller& controller, Channels& channels,
                         const WorkerFacts& worker_facts, runtime::Heartbeat& heartbeat,
                         runtime::StopSignal& stop, const runtime::Wakeup& stopped);

}  // namespace keelvip::agent
