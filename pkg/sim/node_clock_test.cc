#include "pkg/sim/node_clock.h"

#include <doctest/doctest.h>

#include "pkg/sim/prng.h"

namespace keelvip::sim {

using base::Duration;
using base::Instant;
using std::chrono::seconds;

TEST_CASE("a clock that runs one per cent fast shows a second more after a hundred") {
  const NodeClock clock(seconds(10), 10'000);
  CHECK(clock.local(Instant{}) == Instant{} + seconds(10));
  CHECK(clock.local(Instant{} + seconds(100)) == Instant{} + seconds(111));
}

TEST_CASE("a local deadline has passed when the world gets there, and not much earlier") {
  Prng prng(3);
  for (int i = 0; i < 10'000; ++i) {
    const auto error = static_cast<std::int64_t>(prng.below(20'001)) - 10'000;
    const NodeClock clock(prng.between({}, seconds(1000)), error);
    const Instant world{prng.between({}, seconds(100))};
    const Instant deadline = clock.local(world);
    const Instant mapped = clock.world(deadline);
    CHECK(clock.local(mapped) >= deadline);
    CHECK(mapped - world <= Duration{20});
    CHECK(world - mapped <= Duration{20});
  }
  CHECK(NodeClock{}.world(base::kNever) == base::kNever);
}

}  // namespace keelvip::sim
