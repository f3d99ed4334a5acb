#include "pkg/guard/lifeline.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>

#include "pkg/runtime/clock.h"

namespace keelvip::guard {

Lifeline::Hold::Hold(Lifeline& line)
    : line_(line),
      node_(static_cast<void*>(&head_.first)),
      head_{static_cast<void*>(&node_),
            reinterpret_cast<std::intptr_t>(&line.word_) - reinterpret_cast<std::intptr_t>(&node_),
            nullptr} {
  std::size_t size = 0;
  ::syscall(SYS_get_robust_list, 0, &previous_, &size);
  ::syscall(SYS_set_robust_list, &head_, sizeof head_);
  // With FUTEX_WAITERS the kernel wakes whoever waits, and never asks who that is.
  line_.word_.store(static_cast<std::uint32_t>(::syscall(SYS_gettid)) | FUTEX_WAITERS);
}

Lifeline::Hold::~Hold() {
  line_.reset();
  ::syscall(SYS_set_robust_list, previous_, sizeof head_);
}

bool Lifeline::broken() const {
  return (word_.load() & FUTEX_OWNER_DIED) != 0;
}

std::uint32_t Lifeline::arm() {
  return word_.fetch_or(FUTEX_WAITERS) | FUTEX_WAITERS;
}

void Lifeline::wait(std::uint32_t reading, base::Duration longest) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  ::syscall(SYS_futex, &word_, FUTEX_WAIT, reading, &timeout, nullptr, 0);
}

/// If the holder dies at this very moment, the kernel may wake nobody; but the handler that calls
/// this does.
void Lifeline::disturb() {
  // Not a toggle: two signals in a row would undo each other.
  word_.fetch_and(~static_cast<std::uint32_t>(FUTEX_WAITERS));
}

bool Lifeline::wait_for_end(base::Duration longest) {
  const base::Instant end = runtime::monotonic_now() + longest;
  for (;;) {
    const std::uint32_t reading = arm();
    if ((reading & FUTEX_OWNER_DIED) != 0 || (reading & FUTEX_TID_MASK) == 0) {
      return true;
    }
    const base::Duration rest = end - runtime::monotonic_now();
    if (rest <= base::Duration{}) {
      return false;
    }
    wait(reading, rest);
  }
}

void Lifeline::reset() {
  word_.store(0);
}

}  // namespace keelvip::guard
