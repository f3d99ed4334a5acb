// NodeClock: the monotonic clock of one simulated host: it began at another time than the world's
// and runs a little fast or slow. Maps both ways; local deadlines are mapped so that they have
// passed when the world gets there. Pure value.
#pragma once

#include <cstdint>

#include "pkg/base/time.h"

namespace keelvip::sim {

class NodeClock {
 public:
  NodeClock() = default;
  /// `error`: parts per million that it runs fast (or slow, if negative).
  NodeClock(base::Duration began, std::int64_t error) : began_(began), error_(error) {}

  [[nodiscard]] base::Instant local(base::Instant world) const {
    const std::int64_t elapsed = world.time_since_epoch().count();
    return base::Instant{} + began_ + base::Duration{elapsed + scaled(elapsed, error_)};
  }

  [[nodiscard]] base::Now now(base::Instant world) const {
    const base::Instant instant = local(world);
    return {instant, base::WallTime{kWallStart + instant.time_since_epoch()}};
  }

  /// The first world time at which the clock shows `deadline` or more.
  [[nodiscard]] base::Instant world(base::Instant deadline) const {
    if (deadline == base::kNever) {
      return base::kNever;
    }
    const std::int64_t elapsed = (deadline - (base::Instant{} + began_)).count();
    // Each correction leaves a hundredth of the error; the rest is taken in single steps.
    base::Instant guess{base::Duration{elapsed - scaled(elapsed, error_)}};
    for (int i = 0; i < 3; ++i) {
      guess += deadline - local(guess);
    }
    while (local(guess) < deadline) {
      guess += base::Duration{1};
    }
    return guess;
  }

 private:
  static constexpr base::Duration kWallStart = std::chrono::hours{500'000};

  /// Exact for a century; the product of both numbers would not fit.
  static std::int64_t scaled(std::int64_t elapsed, std::int64_t error) {
    constexpr std::int64_t kMillion = 1'000'000;
    return elapsed / kMillion * error + elapsed % kMillion * error / kMillion;
  }

  base::Duration began_{};
  std::int64_t error_ = 0;
};

}  // namespace keelvip::sim
