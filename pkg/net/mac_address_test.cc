#include "pkg/net/mac_address.h"

#include <doctest/doctest.h>

namespace keelvip::net {

TEST_CASE("a MAC address reads back as it was printed") {
  const auto mac = MacAddress::parse("02:00:5e:00:01:fe");
  REQUIRE(mac.has_value());
  CHECK(mac->to_string() == "02:00:5e:00:01:fe");
}

TEST_CASE("text that is not six pairs of hexadecimal digits is refused") {
  for (const char* text : {"", "02:00:5e:00:01", "02:00:5e:00:01:fg", "02-00-5e-00-01-fe",
                           "02:00:5e:00:01:fe:", "2:00:5e:00:01:fe:1", "02:00:5e:00:01:-1"}) {
    CAPTURE(text);
    CHECK_FALSE(MacAddress::parse(text).has_value());
  }
}

TEST_CASE("the virtual router MAC tells family and VRID") {
  CHECK(virtual_router_mac(Family::kIpv4, 254).to_string() == "00:00:5e:00:01:fe");
  CHECK(virtual_router_mac(Family::kIpv6, 51).to_string() == "00:00:5e:00:02:33");
}

}  // namespace keelvip::net
