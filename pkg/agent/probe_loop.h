// The probe thread's loop: runs health checks and hands on their results.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/probe/prober.h"
#include "pkg/runtime/stop_signal.h"

namespace keelvip::agent {

void run_probe_loop(const probe::Prober::Settings& settings, Channels& channels,
                    runtime::Heartbeat& heartbeat, runtime::StopSignal& stop);

}  // namespace keelvip::agent
