#include "pkg/runtime/log.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <doctest/doctest.h>

namespace keelvip::runtime {
namespace {

/// Makes standard error a pipe that takes no more, logs some lines and stops the log.
[[noreturn]] void log_to_full_pipe() {
  ::alarm(20);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK) != 0) {
    ::_exit(1);
  }
  const std::array<char, 4096> page{};
  while (::write(ends[1], page.data(), page.size()) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  ::dup2(ends[1], STDERR_FILENO);
  start_log(LogFormat::kText, LogLevel::kInfo);
  for (int i = 0; i < 10; ++i) {
    log_event(LogLevel::kInfo, "A line that nobody reads");
  }
  stop_log();
  // Not _exit(), in which ThreadSanitizer waits for all that standard error shall still take.
  ::syscall(SYS_exit_group, 0);
  std::abort();
}

TEST_CASE("The log ends although nobody reads what it says") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    log_to_full_pipe();
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

}  // namespace
}  // namespace keelvip::runtime
