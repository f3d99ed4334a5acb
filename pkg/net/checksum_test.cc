#include "pkg/net/checksum.h"

#include <array>

#include <doctest/doctest.h>

namespace keelvip::net {
namespace {

template <typename... Bytes>
auto bytes(Bytes... values) {
  return std::array{static_cast<std::byte>(values)...};
}

}  // namespace

TEST_CASE("the sum of RFC 1071's example is ddf2, its checksum the complement") {
  const auto data = bytes(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  ChecksumSum sum;
  sum.add(data);
  CHECK(sum.finish() == static_cast<std::uint16_t>(~0xddf2U));
}

TEST_CASE("an odd last byte counts as the high half of a word") {
  ChecksumSum sum;
  sum.add(bytes(0x12));
  CHECK(sum.finish() == static_cast<std::uint16_t>(~0x1200U));
}

TEST_CASE("a captured VRRPv3 advert over IPv4 is intact together with its pseudo-header") {
  // RFC 5798 reading: pseudo-header over 192.0.2.11 -> 224.0.0.18, protocol 112, length 12.
  const auto message =
      bytes(0x31, 0x33, 0x96, 0x01, 0x00, 0x64, 0xd3, 0x67, 0xc0, 0x00, 0x02, 0x64);
  ChecksumSum sum;
  add_pseudo_header(sum, *IpAddress::parse("192.0.2.11"), *IpAddress::parse("224.0.0.18"), 112, 12);
  sum.add(message);
  CHECK(sum.finish() == 0);
}

}  // namespace keelvip::net
