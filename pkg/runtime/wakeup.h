// Wakeup: makes another thread's event loop look up. Signals collapse: many signal() calls before
// one drain() are one wake-up. Latest and Mailbox call signal(), which never blocks and is async-
// signal-safe, from any thread; drain() belongs to the loop's thread.
#pragma once

#include "pkg/runtime/unique_fd.h"

namespace keelvip::runtime {

class Wakeup {
 public:
  Wakeup();

  void signal() const;
  /// Makes fd() quiet again. Call it before looking at what the signal announced.
  void drain() const;
  /// Readable while a signal is pending.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

}  // namespace keelvip::runtime
