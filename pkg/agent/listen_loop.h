// The listen thread's loop: joins the groups that the speaker wants to hear, tries again where that
// fails, and leaves those that it does not read any more. The kernel's routing lock may keep it
// waiting; nothing but the agent's end waits for it.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/runtime/stop_signal.h"

namespace keelvip::agent {

/// Runs until `stop`. The Listeners outlive the speaker's loop, which reads their sockets.
void run_listen_loop(wire::Listeners& listeners, Channels& channels, runtime::StopSignal& stop);

}  // namespace keelvip::agent
