// MacAddress: a 48-bit Ethernet address, and the ones that VRRP prescribes.
// Used by the frame makers and by whoever reads link facts, on every
// thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/base/result.h"
#include "pkg/net/family.h"

namespace keelvip::net {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  /// Six two-digit hexadecimal groups joined by ':'.
  static base::Result<MacAddress> parse(std::string_view text);

  [[nodiscard]] bool is_zero() const;
  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// The virtual router MAC address, 00-00-5E-00-0{1,2}-{VRID} (RFC 9568 7.3).
[[nodiscard]] constexpr MacAddress virtual_router_mac(Family family, std::uint8_t vrid) {
  const std::uint8_t block = family == Family::kIpv4 ? 0x01 : 0x02;
  return {{0x00, 0x00, 0x5e, 0x00, block, vrid}};
}

}  // namespace keelvip::net
