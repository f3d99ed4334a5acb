// The lock is the network namespace's: the host's may be taken by an agent that runs here.
#include <doctest/doctest.h>

#include "pkg/agent/instance_lock.h"
#include "test/namespaces/network_namespace.h"

namespace keelvip::agent {

TEST_CASE("a second agent in the same network namespace is told so, until the first is gone") {
  const test::NetworkNamespace here;
  const test::NetworkNamespace elsewhere;
  here.inside([&] {
    {
      const auto first = InstanceLock::take();
      REQUIRE(first.has_value());
      const auto second = InstanceLock::take();
      REQUIRE_FALSE(second.has_value());
      CHECK(second.error().message ==
            "another keelvip agent runs in this network namespace: stop it first");
      elsewhere.inside([] { CHECK(InstanceLock::take().has_value()); });
    }
    CHECK(InstanceLock::take().has_value());
  });
}

TEST_CASE("others can ask whether an agent runs in their network namespace") {
  const test::NetworkNamespace here;
  const test::NetworkNamespace elsewhere;
  here.inside([&] {
    CHECK_FALSE(InstanceLock::is_held());
    {
      const auto lock = InstanceLock::take();
      CHECK(InstanceLock::is_held());
      elsewhere.inside([] { CHECK_FALSE(InstanceLock::is_held()); });
    }
    CHECK_FALSE(InstanceLock::is_held());
  });
}

}  // namespace keelvip::agent
