// The program.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include "cmd/keelvip/command_line.h"
#include "cmd/keelvip/exit_code.h"
#include "cmd/keelvip/output.h"

namespace {

/// Whatever is opened next must not become what is taken for standard error. Output that nobody
/// gets is an error, so of that one nothing can be written.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) {
      (void)::open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace keelvip;
  occupy_standard_descriptors();
  try {
    return cmd::deliver(STDOUT_FILENO, std::cerr, [&](std::ostream& out) {
      return cmd::run_command_line(argc, argv, out, std::cerr);
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keelvip: %s\n", error.what());
    return cmd::kEnvironment;
  }
}
