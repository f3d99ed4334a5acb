// Heartbeat: proof that a loop still turns. The loop's thread beats at
// every turn; /livez and the systemd watchdog look at the age from other
// threads.
#pragma once

#include <atomic>

#include "pkg/base/time.h"

namespace keelvip::runtime {

class Heartbeat {
 public:
  void beat(base::Instant now) {
    last_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// Since the last beat; kNever's distance if it has never beaten.
  [[nodiscard]] base::Duration age(base::Instant now) const {
    const base::Duration::rep last = last_.load(std::memory_order_relaxed);
    return last == 0 ? base::Duration::max() : now.time_since_epoch() - base::Duration(last);
  }

 private:
  std::atomic<base::Duration::rep> last_ = 0;
};

}  // namespace keelvip::runtime
