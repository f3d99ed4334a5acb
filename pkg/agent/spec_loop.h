// The specfile thread's loop: reads the spec directory whenever it changes. Nothing on the failover
// path waits for it.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/specfile/spec_directory.h"

namespace keelvip::agent {

/// Publishes what `specs` has already read, then every change, and looks at once
/// when channels.reload_asked says so, until `stop`.
void run_spec_loop(specfile::SpecDirectory& specs, Channels& channels,
                   runtime::Heartbeat& heartbeat, runtime::StopSignal& stop);

}  // namespace keelvip::agent
