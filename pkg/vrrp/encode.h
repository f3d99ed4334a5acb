// The sending half of the codec: an advert as a VRRP message, and as the whole Ethernet frame that
// an AF_PACKET socket sends. The Speaker calls it for every advert, into memory of its own. Pure;
// speaker thread, hot path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"
#include "pkg/vrrp/advertisement.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

/// What goes into a message, apart from its addresses.
struct MessageFields {
  Version version = Version::kV3;
  net::Family family = net::Family::kIpv4;
  VirtualRouterId vrid;
  Priority priority;                // 0: resign
  base::Centiseconds interval{20};  // v3: 1..4095; v2: 100..25500 in steps of 100
  std::uint8_t auth_type = 0;       // v2
  SimpleText auth_data{};           // v2
};

/// Writes the message into `out`, which must be message_size() bytes long. `addresses` are of
/// `fields.family`, 1..255. The checksum is in `form` for v3 over IPv4 and the only possible one
/// otherwise.
void encode_message(const MessageFields& fields, std::span<const net::IpAddress> addresses,
                    ChecksumForm form, const net::IpAddress& source,
                    const net::IpAddress& destination, std::span<std::byte> out);

/// Bytes of the Ethernet frame around a message.
[[nodiscard]] std::size_t frame_size(const MessageFields& fields, std::size_t addresses);

/// Writes the frame into `out`, which must be frame_size() bytes long: to the group of the family
/// and its MAC address, TTL or hop limit 255 (RFC 9568 5.1), class CS6, never to be fragmented.
void encode_frame(const MessageFields& fields, std::span<const net::IpAddress> addresses,
                  ChecksumForm form, const net::MacAddress& source_mac,
                  const net::IpAddress& source, std::span<std::byte> out);

}  // namespace keelvip::vrrp
