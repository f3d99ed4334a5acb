// The privileges of the guard: what it keeps for itself (the network), and what it keeps asleep for
// the workers to come. Called once each, on its only thread.
#pragma once

namespace keelvip::guard {

/// Gives up every capability but those that a worker starts with, as far as they were there, and
/// can gain none again (no_new_privs). Of those only the network's and CAP_IPC_LOCK stay in force.
void keep_few_capabilities();

/// In the worker: all that the guard kept is in force.
void wake_capabilities();

}  // namespace keelvip::guard
