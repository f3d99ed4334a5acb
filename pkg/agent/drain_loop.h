// The drain thread's loop: tells the controller what the drain file says, and writes the file for
// those who ask by signal. Disks may keep it waiting; nothing waits for it.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/drain/drain_watch.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/status/snapshot.h"

namespace keelvip::agent {

[[nodiscard]] status::DrainStatus drain_status(const drain::DrainWatch& watch);

/// Publishes every change after what drain_status() says now, until `stop`.
void run_drain_loop(drain::DrainWatch& watch, Channels& channels, runtime::StopSignal& stop);

}  // namespace keelvip::agent
