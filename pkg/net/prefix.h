// Prefix: an address with its prefix length, as on an interface ("192.0.2.10/24"). The host
// bits are kept: this is an interface address, not only a network. Used everywhere, on every
// thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/base/result.h"
#include "pkg/net/ip_address.h"

namespace keelvip::net {

struct Prefix {
  IpAddress address;
  std::uint8_t length = 32;  // 0..address.bits()

  /// "ADDRESS" (meaning /32 or /128) or "ADDRESS/LENGTH".
  static base::Result<Prefix> parse(std::string_view text);

  /// Whether `other` lies in this network. False across families.
  [[nodiscard]] bool contains(const IpAddress& other) const;

  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

}  // namespace keelvip::net
