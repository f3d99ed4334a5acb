// The speaker thread's loop: packets, orders and deadlines in, frames and reports out. Realtime; it
// blocks only in epoll, takes no mutex and allocates nothing in steady state.
#pragma once

#include "pkg/agent/channels.h"
#include "pkg/guard/testament.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/wire/receiver.h"
#include "pkg/wire/sender.h"

namespace keelvip::agent {

/// Runs until `stop`. By then the controller has had every router resign. Keeps the last words in
/// `testament` true.
void run_speaker_loop(wire::Receiver& receiver, wire::Sender& sender, Channels& channels,
                      guard::Testament& testament, runtime::Heartbeat& heartbeat,
                      runtime::StopSignal& stop);

}  // namespace keelvip::agent
