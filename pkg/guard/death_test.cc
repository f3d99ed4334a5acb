#include "pkg/guard/death.h"

#include <sys/wait.h>

#include <csignal>

#include <doctest/doctest.h>

namespace keelvip::guard {

TEST_CASE("a death is told by the name of the signal, or by the exit code") {
  CHECK(describe(Death{SIGKILL, {}}) == "killed by SIGKILL");
  CHECK(describe(Death{SIGSEGV | 0x80, {}}) == "killed by SIGSEGV");  // with a core
  CHECK(describe(Death{SIGRTMIN + 3, {}}).starts_with("killed by signal "));
  CHECK(describe(Death{W_EXITCODE(3, 0), {}}) == "exit code 3");
}

}  // namespace keelvip::guard
