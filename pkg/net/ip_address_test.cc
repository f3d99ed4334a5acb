#include "pkg/net/ip_address.h"

#include <doctest/doctest.h>

namespace keelvip::net {
namespace {

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  REQUIRE_MESSAGE(address.has_value(), text);
  return *address;
}

}  // namespace

TEST_CASE("an address prints in its canonical form, whatever form it was written in") {
  CHECK(ip("192.0.2.1").to_string() == "192.0.2.1");
  CHECK(ip("2001:DB8:0:0:0:0:0:1").to_string() == "2001:db8::1");
  CHECK(ip("::").to_string() == "::");
  CHECK(ip("::1").to_string() == "::1");
  CHECK(ip("fe80::").to_string() == "fe80::");
  CHECK(ip("2001:db8:0:1:0:0:0:1").to_string() == "2001:db8:0:1::1");
  CHECK(ip("2001:db8::1:0:0:1").to_string() == "2001:db8::1:0:0:1");
  CHECK(ip("2001:0:0:1::").to_string() == "2001:0:0:1::");
  CHECK(ip("2001:db8:0:1:1:1:1:1").to_string() == "2001:db8:0:1:1:1:1:1");
  CHECK(ip("::ffff:192.0.2.1").to_string() == "::ffff:c000:201");
}

TEST_CASE("text that some reader might understand otherwise is refused") {
  for (const char* text : {"",
                           "192.0.2",
                           "192.0.2.1.1",
                           "192.0.2.256",
                           "192.0.02.1",
                           "192.0.2.1 ",
                           " 192.0.2.1",
                           "192.0.2.-1",
                           "1::2::3",
                           ":1",
                           "1:",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "12345::",
                           "fe80::1%eth0",
                           "[::1]",
                           "1:2:3:4:5:6:7::8:9",
                           "::1.2.3",
                           "1.2.3.4::",
                           "g::",
                           ":::"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text).has_value());
  }
}

TEST_CASE("addresses compare as unsigned bytes in network order") {
  CHECK(ip("10.0.0.10") > ip("10.0.0.9"));
  CHECK(ip("192.0.2.1") > ip("10.0.0.1"));
  CHECK(ip("200.0.0.1") > ip("100.0.0.1"));
  CHECK(ip("fe80::1:0") > ip("fe80::ffff"));
}

TEST_CASE("only an address that one host can have is unicast") {
  for (const char* text : {"192.0.2.1", "10.0.0.255", "169.254.1.1", "2001:db8::1", "fe80::1"}) {
    CAPTURE(text);
    CHECK(ip(text).is_unicast());
  }
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.18", "240.0.0.1",
                           "255.255.255.255", "::", "::1", "ff02::12", "::ffff:192.0.2.1"}) {
    CAPTURE(text);
    CHECK_FALSE(ip(text).is_unicast());
  }
}

}  // namespace keelvip::net
