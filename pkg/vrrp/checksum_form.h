// The checksum of a VRRP message. In v2 and over IPv6 everybody agrees; in v3 over IPv4 three
// readings are in the field, and a receiver that knows only one of them splits the LAN. The codec
// calls it for every message. Pure; speaker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pkg/net/ip_address.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

/// The forms that fit a received v3/IPv4 message. More than one may: the sum of a pseudo-header can
/// be zero.
struct VerifiedForms {
  bool message_only = false;         // RFC 9568 5.2.8
  bool pseudo_header = false;        // with source, real destination, protocol and length
  bool group_pseudo_header = false;  // the same with 224.0.0.18 as destination of a unicast packet

  friend bool operator==(const VerifiedForms&, const VerifiedForms&) = default;
};

/// Which forms the checksum field of `message` fits. `message` holds the whole VRRP message.
[[nodiscard]] VerifiedForms verify_forms(std::span<const std::byte> message,
                                         const net::IpAddress& source,
                                         const net::IpAddress& destination);

/// Whether a message without pseudo-header (v2) is intact.
[[nodiscard]] bool verify_message_only(std::span<const std::byte> message);

/// Whether a message with the pseudo-header of its family (IPv6) is intact.
[[nodiscard]] bool verify_pseudo_header(std::span<const std::byte> message,
                                        const net::IpAddress& source,
                                        const net::IpAddress& destination);

/// The value of the checksum field; `message` must hold zero there.
[[nodiscard]] std::uint16_t compute_checksum(std::span<const std::byte> message, ChecksumForm form,
                                             const net::IpAddress& source,
                                             const net::IpAddress& destination);

}  // namespace keelvip::vrrp
