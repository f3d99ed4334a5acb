// The command line: parses, calls one command, returns its exit code. Main thread.
#pragma once

#include <iosfwd>

namespace keelvip::cmd {

/// `argv` is that of main(). Answers, help among them, go to `out`, complaints to `err`.
int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace keelvip::cmd
