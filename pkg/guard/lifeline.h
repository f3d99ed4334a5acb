// Lifeline: tells the guard that one thread of the worker has died, long before the whole process
// has: on a busy machine the last of its ordinary threads may wait a tenth of a second for a
// processor to die on. It is a word in shared memory that the thread holds as a robust futex
// (set_robust_list(2)), which the kernel marks and wakes as the thread dies of whatever. The guard
// waits on that word for signals too: a handler disturbs it.
#pragma once

#include <atomic>
#include <cstdint>

#include "pkg/base/time.h"

namespace keelvip::guard {

class Lifeline {
 public:
  /// In the worker: the calling thread holds the line until it lets go by destroying this, on the
  /// same thread, or dies.
  class Hold {
   public:
    explicit Hold(Lifeline& line);
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();

   private:
    /// struct robust_list_head of <linux/futex.h>.
    struct Head {
      void* first;
      std::intptr_t offset;
      void* pending;
    };
    Lifeline& line_;
    void* node_;  // struct robust_list: a ring of one
    Head head_;
    void* previous_ = nullptr;  // the C library's list
  };

  /// Whether its holder has died.
  [[nodiscard]] bool broken() const;

  /// Takes a reading to wait() with; what happens after it ends the waiting.
  [[nodiscard]] std::uint32_t arm();
  /// Returns when the holder dies, a signal has been handled, or time is over.
  void wait(std::uint32_t reading, base::Duration longest);
  /// From a signal handler.
  void disturb();

  /// Waits until nobody alive holds it, at most so long; returns whether that is so.
  bool wait_for_end(base::Duration longest);

  /// For the next worker.
  void reset();

 private:
  std::atomic<std::uint32_t> word_ = 0;
};

}  // namespace keelvip::guard
