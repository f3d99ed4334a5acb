// IpAddress: an IPv4 or IPv6 address as a value: parsed strictly, compared as unsigned bytes in
// network order (as VRRP's tie break needs, RFC 9568 6.4.3), printed canonically (RFC 5952).
// Used everywhere, on every thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pkg/base/result.h"
#include "pkg/net/family.h"

namespace keelvip::net {

class IpAddress {
 public:
  /// 0.0.0.0; see is_unspecified().
  constexpr IpAddress() = default;

  static constexpr IpAddress v4(std::array<std::uint8_t, 4> bytes) {
    IpAddress address;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      address.bytes_[i] = bytes[i];
    }
    return address;
  }

  static constexpr IpAddress v6(std::array<std::uint8_t, 16> bytes) {
    IpAddress address;
    address.family_ = Family::kIpv6;
    address.bytes_ = bytes;
    return address;
  }

  /// Reads 4 or 16 bytes in network order, as `family` says; `bytes` must hold as many.
  static IpAddress from_bytes(Family family, std::span<const std::byte> bytes);

  /// Dotted quad without leading zeros, or RFC 4291 text without zone or brackets.
  static base::Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] constexpr Family family() const { return family_; }
  /// 4 or 16.
  [[nodiscard]] constexpr std::size_t size() const { return family_ == Family::kIpv4 ? 4 : 16; }
  /// 32 or 128.
  [[nodiscard]] constexpr std::uint8_t bits() const { return family_ == Family::kIpv4 ? 32 : 128; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const {
    return {bytes_.data(), size()};
  }

  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_loopback() const;
  /// 169.254.0.0/16 or fe80::/10.
  [[nodiscard]] bool is_link_local() const;
  /// 255.255.255.255.
  [[nodiscard]] bool is_broadcast() const;
  /// An address that one host can have and others can send to: none of the above but link-local,
  /// and outside 0.0.0.0/8 and 240.0.0.0/4. An IPv4-mapped IPv6 address is not one.
  [[nodiscard]] bool is_unicast() const;

  [[nodiscard]] std::string to_string() const;

  /// IPv4 before IPv6, then unsigned bytes in network order.
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::kIpv4;
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace keelvip::net
