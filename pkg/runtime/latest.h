// Latest<T>: one slot between two threads in which the newest value wins. For state: a value that
// nobody read before the next came was stale anyway. One writer thread, one reader thread; both
// sides are wait-free and reuse the storage of earlier values (a triple buffer), so the speaker
// thread may use either end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "pkg/runtime/wakeup.h"

namespace keelvip::runtime {

template <typename T>
class Latest {
 public:
  /// Writer: the value to fill in. It holds an older value, whose capacity can be reused.
  [[nodiscard]] T& draft() { return slots_[draft_]; }

  /// Writer: publishes the draft and wakes the reader.
  void publish() {
    draft_ = middle_.exchange(draft_ | kFresh, std::memory_order_acq_rel) & kIndex;
    wakeup_.signal();
  }

  void put(T value) {
    draft() = std::move(value);
    publish();
  }

  /// Reader: the newest value if there is one since the last take, else nullptr. Valid until the
  /// next take.
  [[nodiscard]] T* take() {
    wakeup_.drain();
    if ((middle_.load(std::memory_order_relaxed) & kFresh) == 0) {
      return nullptr;
    }
    front_ = middle_.exchange(front_, std::memory_order_acq_rel) & kIndex;
    return &slots_[front_];
  }

  /// Reader: readable when take() has something to give.
  [[nodiscard]] int fd() const { return wakeup_.fd(); }

 private:
  static constexpr std::uint8_t kIndex = 3;
  static constexpr std::uint8_t kFresh = 4;

  std::array<T, 3> slots_{};
  std::uint8_t draft_ = 0;                // writer's
  std::atomic<std::uint8_t> middle_ = 1;  // in transit
  std::uint8_t front_ = 2;                // reader's
  Wakeup wakeup_;
};

}  // namespace keelvip::runtime
