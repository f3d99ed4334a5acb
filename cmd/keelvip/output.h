// What a command says on standard output, and whether it got there: a full disk is an answer that
// nobody reads, so no command may end well with it. Main thread.
#pragma once

#include <functional>
#include <iosfwd>

namespace keelvip::cmd {

/// Calls `say` with a stream that writes to `fd`, before each word on `err`, and at last. Returns
/// its exit code; where `fd` did not take everything, kEnvironment, with the reason on `err`.
int deliver(int fd, std::ostream& err, const std::function<int(std::ostream& out)>& say);

}  // namespace keelvip::cmd
