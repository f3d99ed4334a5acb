#include "pkg/sim/prng.h"

#include <array>
#include <cstdint>

#include <doctest/doctest.h>

namespace keelvip::sim {

TEST_CASE("the same seed gives the same numbers, everywhere") {
  Prng prng(1);
  // Of the reference implementation of SplitMix64.
  CHECK(prng.next() == 0x910a'2dec'8902'5cc1);
  CHECK(prng.next() == 0xbeeb'8da1'658e'ec67);
}

TEST_CASE("numbers stay within their bounds and reach them") {
  Prng prng(7);
  std::array<int, 3> seen{};
  for (int i = 0; i < 3000; ++i) {
    ++seen[prng.below(3)];
    const base::Duration duration = prng.between(base::Duration{5}, base::Duration{6});
    CHECK((duration == base::Duration{5} || duration == base::Duration{6}));
  }
  for (const int count : seen) {
    CHECK(count > 900);
  }
  CHECK_FALSE(prng.chance(0));
  CHECK(prng.chance(1000));
}

}  // namespace keelvip::sim
