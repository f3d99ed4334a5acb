// Family: IPv4 or IPv6. A virtual router belongs to exactly one (RFC 9568 section
// 1.2), so a VIP of both families is two of them. Used everywhere, on every
// thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace keelvip::net {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

[[nodiscard]] constexpr std::string_view to_string(Family family) {
  return family == Family::kIpv4 ? "IPv4" : "IPv6";
}

}  // namespace keelvip::net
