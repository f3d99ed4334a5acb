// The Internet checksum (RFC 1071) as VRRP, ICMPv6 and IPv4 headers use it. Called by the
// packet codecs for every packet, on the speaker's thread: it is pure and allocates
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pkg/net/ip_address.h"

namespace keelvip::net {

/// The running ones' complement sum of 16-bit words. Each add() pads its last odd byte with zero.
class ChecksumSum {
 public:
  void add(std::span<const std::byte> bytes);
  void add(const IpAddress& address);
  void add(std::uint32_t value) { sum_ += (value >> 16U) + (value & 0xffffU); }

  /// The complement of the folded sum, in host order: what goes into the checksum field. A message
  /// summed together with its own checksum field is intact if this is 0.
  [[nodiscard]] std::uint16_t finish() const;

 private:
  std::uint64_t sum_ = 0;
};

/// Adds the pseudo-header: RFC 8200 8.1 for IPv6, the TCP/UDP one (RFC 9293 3.1) for IPv4.
void add_pseudo_header(ChecksumSum& sum, const IpAddress& source, const IpAddress& destination,
                       std::uint8_t protocol, std::uint32_t length);

}  // namespace keelvip::net
