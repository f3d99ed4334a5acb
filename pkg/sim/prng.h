// Prng: the only source of chance in a simulation: 64 bits of state, the same numbers on every
// machine and with every compiler (which the standard's distributions do not promise). Handed to
// whatever needs chance; a run is a function of its seed. One thread.
#pragma once

#include <cstdint>
#include <span>

#include "pkg/base/time.h"

namespace keelvip::sim {

class Prng {
 public:
  explicit Prng(std::uint64_t seed) : state_(seed) {}

  /// SplitMix64: every seed, neighbouring ones too, gives a sequence of its own.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
    z = (z ^ (z >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27U)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31U);
  }

  /// 0..`bound`-1; `bound` is not 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }

  /// `low`..`high`.
  base::Duration between(base::Duration low, base::Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + base::Duration{static_cast<std::int64_t>(next() % span)};
  }

  bool chance(std::uint32_t per_mille) { return per_mille > 0 && below(1000) < per_mille; }

  template <typename T>
  const T& pick(std::span<const T> choices) {
    return choices[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace keelvip::sim
