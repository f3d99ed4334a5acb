// What happens between fork() and execve() of a command: everything that the agent's privileges
// and settings would leave behind is taken away. Only the ExecHost calls it, in the child.
#pragma once

#include <sys/types.h>

#include "pkg/probe/exec_protocol.h"

namespace keelvip::probe {

/// The process that forked the child.
struct Parent {
  pid_t pid = 0;
  bool may_switch_user = false;  // it has CAP_SETUID and CAP_SETGID
};

/// Becomes the command: as its user, without capabilities, with `output` as stdout and stderr. If
/// that fails, writes the reason to `report` and exits.
[[noreturn]] void become_command(const RunCommand& run, Parent parent, int output, int report);

}  // namespace keelvip::probe
