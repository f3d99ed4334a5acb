#include "pkg/net/frames.h"

#include <span>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace keelvip::net {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  }
  return text;
}

}  // namespace

TEST_CASE("conformance 57: a gratuitous ARP equals the captured one (vectors G1, G2)") {
  CHECK(hex(gratuitous_arp(virtual_router_mac(Family::kIpv4, 0x33),
                           *IpAddress::parse("192.0.2.100"))) ==
        "ffffffffffff00005e0001330806000108000604000100005e000133c0000264ffffffffffffc0000264");
}

TEST_CASE("conformance 58: an unsolicited NA equals the captured one with R set (vector N2)") {
  CHECK(hex(unsolicited_neighbor_advertisement(virtual_router_mac(Family::kIpv6, 0x33),
                                               *IpAddress::parse("2001:db8::100"))) ==
        "33330000000100005e00023386dd6000000000203aff20010db8000000000000000000000100ff020000000000"
        "00000000000000000188"
        "0018faa000000020010db8000000000000000000000100020100005e000233");
}

}  // namespace keelvip::net
