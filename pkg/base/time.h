// Time as types. `Instant` is a point on the monotonic clock that only `runtime` reads (the
// simulator makes up its own); `WallTime` is for people. A core is handed both as `Now`, by
// whichever thread drives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace keelvip::base {

using Duration = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

/// The unit of VRRPv3 intervals on the wire (RFC 9568 5.2.7).
using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;

/// Tag of the monotonic clock. It has no now(): a core cannot ask it.
struct MonotonicClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
  static constexpr bool is_steady = true;
};

/// Tag of the UTC wall clock, since 1970. It steps; use it for display only.
struct WallClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<WallClock, Duration>;
  static constexpr bool is_steady = false;
};

using Instant = MonotonicClock::time_point;
using WallTime = WallClock::time_point;

/// A deadline that never comes.
inline constexpr Instant kNever = Instant::max();

/// The two readings that an event comes with.
struct Now {
  Instant instant;
  WallTime wall;
};

}  // namespace keelvip::base
