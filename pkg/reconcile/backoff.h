// Backoff: how long to wait before a step that failed is tried again. Pure; used by the StepLedger.
#pragma once

#include <cstdint>

#include "pkg/base/time.h"

namespace keelvip::reconcile {

inline constexpr base::Duration kFirstBackoff = base::Milliseconds{10};
inline constexpr base::Duration kLongestBackoff = base::Milliseconds{5000};
/// A step that cannot work until somebody changes something: what it was need not be visible here
/// (a permission, say), so it is tried now and then all the same.
inline constexpr base::Duration kRefusedPause = base::Milliseconds{10'000};

/// After `failures` in a row (1 or more): 10 ms, then twice as long each time, at most 5 s.
[[nodiscard]] constexpr base::Duration backoff(std::uint32_t failures) {
  base::Duration delay = kFirstBackoff;
  for (std::uint32_t i = 1; i < failures && delay < kLongestBackoff; ++i) {
    delay *= 2;
  }
  return delay < kLongestBackoff ? delay : kLongestBackoff;
}

/// How often an address that somebody keeps removing is put back: ten times at once, then once a
/// second, so that two programs that fight over an address do not take a processor each.
class RepairBudget {
 public:
  /// Pays for one repair. Returns when it may happen: `now` or later.
  [[nodiscard]] base::Instant take(base::Instant now) {
    constexpr base::Duration kPrice = base::Milliseconds{1000};
    constexpr base::Duration kBurst = 9 * kPrice;
    const base::Instant due = paid_until_ < now ? now : paid_until_;
    paid_until_ = due + kPrice;
    return due - now <= kBurst ? now : due - kBurst;
  }

 private:
  base::Instant paid_until_{};
};

}  // namespace keelvip::reconcile
