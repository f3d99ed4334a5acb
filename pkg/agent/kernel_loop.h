// The kernel thread's loop: the single writer of kernel state. Steps come in, outcomes and whole
// readings of the host go out. On the failover path: it blocks only in rtnetlink.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/guard/testament.h"
#include "pkg/kernel/kernel.h"
#include "pkg/runtime/stop_signal.h"

namespace keelvip::agent {

/// Runs until `stop`. Publishes the facts that `kernel` already has before anything else. Keeps the
/// removals in `testament` true.
void run_kernel_loop(kernel::Kernel& kernel, Channels& channels, guard::Testament& testament,
                     runtime::Heartbeat& heartbeat, runtime::StopSignal& stop);

}  // namespace keelvip::agent
