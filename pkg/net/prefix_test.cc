#include "pkg/net/prefix.h"

#include <doctest/doctest.h>

namespace keelvip::net {
namespace {

Prefix prefix(std::string_view text) {
  const auto parsed = Prefix::parse(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

}  // namespace

TEST_CASE("a missing length means the address alone") {
  CHECK(prefix("192.0.2.1").to_string() == "192.0.2.1/32");
  CHECK(prefix("2001:db8::1").to_string() == "2001:db8::1/128");
}

TEST_CASE("a length outside the family's range, or written oddly, is refused") {
  for (const char* text : {"192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/024",
                           "192.0.2.1/24/24", "2001:db8::1/129", "/24", "192.0.2.1/300"}) {
    CAPTURE(text);
    CHECK_FALSE(Prefix::parse(text).has_value());
  }
}

TEST_CASE("a network contains its own addresses and no others") {
  CHECK(prefix("192.0.2.10/24").contains(*IpAddress::parse("192.0.2.255")));
  CHECK_FALSE(prefix("192.0.2.10/24").contains(*IpAddress::parse("192.0.3.10")));
  CHECK(prefix("192.0.2.130/25").contains(*IpAddress::parse("192.0.2.129")));
  CHECK_FALSE(prefix("192.0.2.130/25").contains(*IpAddress::parse("192.0.2.127")));
  CHECK(prefix("0.0.0.0/0").contains(*IpAddress::parse("8.8.8.8")));
  CHECK_FALSE(prefix("0.0.0.0/0").contains(*IpAddress::parse("::")));
  CHECK(prefix("2001:db8::/33").contains(*IpAddress::parse("2001:db8:7fff::1")));
  CHECK_FALSE(prefix("2001:db8::/33").contains(*IpAddress::parse("2001:db8:8000::1")));
}

}  // namespace keelvip::net
