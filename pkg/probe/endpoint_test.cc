#include "pkg/probe/endpoint.h"

#include <doctest/doctest.h>

namespace keelvip::probe {

TEST_CASE("literals become endpoints, names do not") {
  CHECK(to_string(*literal_endpoint("127.0.0.1", 80)) == "127.0.0.1:80");
  CHECK(to_string(*literal_endpoint("FD00::0:1", 443)) == "[fd00::1]:443");
  CHECK(to_string(*literal_endpoint("[::1]", 1)) == "[::1]:1");
  CHECK_FALSE(literal_endpoint("localhost", 80));
  CHECK_FALSE(literal_endpoint("", 80));
  CHECK_FALSE(literal_endpoint("1.2.3.4.5", 80));
}

TEST_CASE("the zone of a link-local address is kept apart from its text") {
  const auto endpoint = literal_endpoint("fe80::1%lo", 80);
  REQUIRE(endpoint);
  CHECK(endpoint->scope() == 1);
  CHECK(endpoint->url_host() == "[fe80::1]");
}

TEST_CASE("an endpoint's port is replaced, its address stays") {
  const Endpoint endpoint = *literal_endpoint("192.0.2.1", 0);
  const Endpoint other = endpoint_of(*endpoint.address(), endpoint.length, 8080);
  CHECK(to_string(other) == "192.0.2.1:8080");
  CHECK(other.scope() == 0);
}

}  // namespace keelvip::probe
