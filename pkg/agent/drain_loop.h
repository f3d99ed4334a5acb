// The drain thread's loop: tells the controller what the drain file says, and writes the file for
// those who asked the guard by signal. Disks may keep it waiting; nothing waits for it.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/drain/drain_watch.h"
#include "pkg/guard/testament.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/status/snapshot.h"

namespace keelvip::agent {

[[nodiscard]] status::DrainStatus drain_status(const drain::DrainWatch& watch);

/// Does what was asked for by signal, here or to the worker before. For whoever has the watch.
void obey_signals(const drain::DrainWatch& watch, guard::Testament& testament);

/// Publishes every change after what drain_status() says now, until `stop`.
void run_drain_loop(drain::DrainWatch& watch, Channels& channels, guard::Testament& testament,
                    runtime::StopSignal& stop);

}  // namespace keelvip::agent
