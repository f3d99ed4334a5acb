// The intervals of the state machine, exact to the nanosecond. Rounding matters: with adverts
// every 10 ms the skew between neighbouring priorities is 39 us. Pure; called by `step` on the
// speaker thread, and by the controller to know how long a hand-over may last.
#pragma once

#include <chrono>
#include <cstdint>

#include "pkg/base/time.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

/// v3: (256 - priority) / 256 of the Active's interval (RFC 9568 6.1). v2: the same share of one
/// second, whatever the interval (RFC 3768 6.1).
[[nodiscard]] constexpr base::Duration skew_time(Version version, Priority priority,
                                                 base::Centiseconds active_interval) {
  const std::int64_t share = 256 - priority.value;
  if (version == Version::kV2) {
    constexpr std::int64_t kSecond256th = 3'906'250;
    return base::Duration{share * kSecond256th};
  }
  // A 256th of a centisecond is 39,062.5 ns.
  constexpr std::int64_t kTwoCentisecond256ths = 78'125;
  return base::Duration{share * active_interval.count() * kTwoCentisecond256ths / 2};
}

/// How long a Backup waits for adverts before it takes over.
[[nodiscard]] constexpr base::Duration active_down_interval(Version version, Priority priority,
                                                            base::Centiseconds active_interval) {
  return 3 * base::Duration{active_interval} + skew_time(version, priority, active_interval);
}

/// How long a router that hands over keeps answering after it has heard its successor, which says
/// its first advert before it has the addresses and has announced them.
inline constexpr base::Duration kOverlap = std::chrono::milliseconds(25);

/// How long a router that hands over waits for a successor: until the slowest possible one, of
/// priority 1, has taken over after its skew, by a clock that runs 3 % slower than ours.
[[nodiscard]] constexpr base::Duration hand_over_limit(Version version,
                                                       base::Centiseconds interval) {
  const base::Duration slowest = skew_time(version, Priority{1}, interval);
  return slowest + slowest / 32 + kOverlap;
}

}  // namespace keelvip::vrrp
