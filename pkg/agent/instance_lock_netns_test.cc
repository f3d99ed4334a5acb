#include "pkg/agent/instance_lock.h"

#include <doctest/doctest.h>

namespace keelvip::agent {

TEST_CASE("a second agent in the same network namespace is told so, until the first is gone") {
  {
    const auto first = InstanceLock::take();
    REQUIRE(first.has_value());
    const auto second = InstanceLock::take();
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message ==
          "another keelvip agent runs in this network namespace: stop it first");
  }
  CHECK(InstanceLock::take().has_value());
}

}  // namespace keelvip::agent
