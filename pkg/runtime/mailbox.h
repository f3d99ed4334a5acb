// Mailbox<T>: a bounded queue between threads for facts that must all be seen. When it is full the
// new letter is refused and the box says "overflowed": the reader then reads everything again, as
// after a netlink overrun. Any number of writers, one reader; never used by the speaker thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "pkg/runtime/wakeup.h"

namespace keelvip::runtime {

template <typename T>
class Mailbox {
 public:
  struct Letters {
    std::vector<T> items;     // oldest first
    bool overflowed = false;  // some were refused since the last take
  };

  explicit Mailbox(std::size_t limit) : limit_(limit) {}

  /// False if the box was full: the letter is lost and the reader will be told.
  bool put(T letter) {
    bool accepted = false;
    {
      const std::lock_guard lock(mutex_);
      accepted = letters_.items.size() < limit_;
      if (accepted) {
        letters_.items.push_back(std::move(letter));
      } else {
        letters_.overflowed = true;
      }
    }
    wakeup_.signal();
    return accepted;
  }

  [[nodiscard]] Letters take() {
    wakeup_.drain();
    const std::lock_guard lock(mutex_);
    return std::exchange(letters_, {});
  }

  /// Readable when take() has something to give.
  [[nodiscard]] int fd() const { return wakeup_.fd(); }

 private:
  std::size_t limit_;
  std::mutex mutex_;
  Letters letters_;
  Wakeup wakeup_;
};

}  // namespace keelvip::runtime
