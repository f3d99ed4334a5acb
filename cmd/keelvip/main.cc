// The program.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include "cmd/keelvip/command_line.h"
#include "cmd/keelvip/exit_code.h"
#include "cmd/keelvip/output.h"

int main(int argc, char** argv) {
  using namespace keelvip;
  try {
    return cmd::deliver(STDOUT_FILENO, std::cerr, [&](std::ostream& out) {
      return cmd::run_command_line(argc, argv, out, std::cerr);
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keelvip: %s\n", error.what());
    return cmd::kEnvironment;
  }
}
