// StopSignal: asks a thread's loop to end. The loop watches fd() so that it looks up at once, and
// tests requested() at every turn. The main thread asks each loop in the order of stopping; any
// thread may ask, and asking twice is asking once.
#pragma once

#include <atomic>

#include "pkg/runtime/wakeup.h"

namespace keelvip::runtime {

class StopSignal {
 public:
  void request() {
    requested_.store(true, std::memory_order_release);
    wakeup_.signal();
  }
  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order_acquire); }
  /// Readable for ever once requested.
  [[nodiscard]] int fd() const { return wakeup_.fd(); }

 private:
  std::atomic<bool> requested_ = false;
  Wakeup wakeup_;
};

}  // namespace keelvip::runtime
