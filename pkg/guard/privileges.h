// The privileges of the guard: what it keeps for itself (the network), what it keeps asleep for the
// workers to come, and realtime priority with locked memory, so that a busy machine does not delay
// it. Called once each, on its only thread.
#pragma once

namespace keelvip::guard {

/// Gives up every capability but those that a worker starts with, as far as they were there, and
/// can gain none again (no_new_privs). Of those only the network's and CAP_IPC_LOCK stay in force.
void keep_few_capabilities();

/// In the worker: all that the guard kept is in force.
void wake_capabilities();

/// Realtime priority, which no child inherits; before the capabilities go. The worker asks for the
/// same two, and says what it could not have.
void take_realtime();

/// Gives back what starting up needed, and locks what is used from now on.
void settle_memory();

}  // namespace keelvip::guard
