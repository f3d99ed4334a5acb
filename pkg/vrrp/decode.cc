#include "pkg/vrrp/decode.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace keelvip::vrrp {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMinIpv4Header = 20;
constexpr std::uint8_t kAuthenticationHeaderProtocol = 51;
constexpr std::uint8_t kRequiredTtl = 255;

std::uint8_t u8(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(u8(bytes, at) << 8U | u8(bytes, at + 1));
}

/// The IP layer's part of a packet, whichever way the kernel told it.
struct Datagram {
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  net::IpAddress source;
  net::IpAddress destination;
  Bytes payload;
};

/// The header length, or 0 if this is no complete IPv4 header.
std::size_t ipv4_header_size(Bytes bytes) {
  if (bytes.size() < kMinIpv4Header || u8(bytes, 0) >> 4U != 4) {
    return 0;
  }
  const std::size_t size = (u8(bytes, 0) & 0x0fU) * std::size_t{4};
  return size < kMinIpv4Header || size > bytes.size() ? 0 : size;
}

std::optional<Datagram> open_ipv4(Bytes bytes) {
  const std::size_t header = ipv4_header_size(bytes);
  if (header == 0) {
    return std::nullopt;
  }
  // What follows the total length is Ethernet padding.
  const std::size_t total = u16(bytes, 2);
  if (total < header || total > bytes.size()) {
    return std::nullopt;
  }
  return Datagram{
      .protocol = u8(bytes, 9),
      .ttl = u8(bytes, 8),
      .source = net::IpAddress::from_bytes(net::Family::kIpv4, bytes.subspan(12, 4)),
      .destination = net::IpAddress::from_bytes(net::Family::kIpv4, bytes.subspan(16, 4)),
      .payload = bytes.subspan(header, total - header)};
}

std::optional<Datagram> open(const net::ReceivedPacket& packet) {
  if (packet.family == net::Family::kIpv4) {
    return open_ipv4(packet.bytes);
  }
  return Datagram{.protocol = kVrrpProtocol,
                  .ttl = packet.hop_limit,
                  .source = packet.source,
                  .destination = packet.destination,
                  .payload = packet.bytes};
}

bool plausible_source(const net::IpAddress& source, net::Family family) {
  return source.family() == family && !source.is_unspecified() && !source.is_multicast() &&
         !source.is_loopback() && !source.is_broadcast();
}

std::optional<Rejection> check_datagram(const Datagram& datagram, const Expectation& expectation,
                                        net::Family family) {
  if (datagram.protocol == kAuthenticationHeaderProtocol) {
    return Rejection::kAuthenticationHeader;
  }
  if (datagram.protocol != kVrrpProtocol || datagram.payload.size() < kMessageHeaderSize) {
    return Rejection::kIncompletePacket;
  }
  // RFC 9568 5.1.1.3 and 5.1.2.3. A unicast peer may be behind a router.
  if (expectation.transport == Transport::kMulticast && datagram.ttl != kRequiredTtl) {
    return Rejection::kTimeToLive;
  }
  if (!plausible_source(datagram.source, family)) {
    return Rejection::kBadSource;
  }
  if (family == net::Family::kIpv6 && expectation.require_link_local_source &&
      expectation.transport == Transport::kMulticast && !datagram.source.is_link_local()) {
    return Rejection::kBadSource;
  }
  if (expectation.own_address == datagram.source) {
    return Rejection::kOwnSource;
  }
  const bool to_group = datagram.destination == group(family);
  if (to_group != (expectation.transport == Transport::kMulticast) ||
      (!to_group && datagram.destination.is_multicast())) {
    return Rejection::kCastMismatch;
  }
  return std::nullopt;
}

/// RFC 9568 5.2.1 and 7.1: version, type, completeness.
std::optional<Rejection> check_message(Bytes message, const Expectation& expectation,
                                       net::Family family) {
  const unsigned version = u8(message, 0) >> 4U;
  if (version != 3 && !(version == 2 && family == net::Family::kIpv4)) {
    return Rejection::kVersion;
  }
  if (expectation.version && version != static_cast<unsigned>(*expectation.version)) {
    return Rejection::kVersion;
  }
  if ((u8(message, 0) & 0x0fU) != kAdvertisementType) {
    return Rejection::kType;
  }
  if (message.size() != message_size(static_cast<Version>(version), family, u8(message, 3))) {
    return Rejection::kPacketLength;
  }
  return std::nullopt;
}

bool acceptable(const VerifiedForms& forms, const Expectation& expectation) {
  switch (expectation.checksum) {
    case ChecksumPolicy::kMessageOnly:
      return forms.message_only;
    case ChecksumPolicy::kPseudoHeader:
      return forms.pseudo_header;
    case ChecksumPolicy::kAuto:
      break;
  }
  return forms.message_only || forms.pseudo_header ||
         (forms.group_pseudo_header && expectation.transport == Transport::kUnicast);
}

/// Fills in `forms` where there is a choice.
bool intact(Bytes message, const Datagram& datagram, const Expectation& expectation,
            Advertisement& advertisement) {
  if (advertisement.version == Version::kV2) {
    return verify_message_only(message);
  }
  if (advertisement.family == net::Family::kIpv6) {
    return verify_pseudo_header(message, datagram.source, datagram.destination);
  }
  advertisement.forms = verify_forms(message, datagram.source, datagram.destination);
  return acceptable(advertisement.forms, expectation);
}

/// `message` has passed check_message.
Advertisement read_fields(Bytes message, const Datagram& datagram, net::Family family) {
  Advertisement advertisement;
  advertisement.version = static_cast<Version>(u8(message, 0) >> 4U);
  advertisement.family = family;
  advertisement.vrid = {u8(message, 1)};
  advertisement.priority = {u8(message, 2)};
  advertisement.address_count = u8(message, 3);
  advertisement.address_list =
      message.subspan(kMessageHeaderSize, advertisement.address_count * address_size(family));
  advertisement.source = datagram.source;
  advertisement.destination = datagram.destination;
  if (advertisement.version == Version::kV2) {
    advertisement.auth_type = u8(message, 4);
    advertisement.interval = std::chrono::seconds(u8(message, 5));
    std::ranges::copy(message.last(kAuthenticationDataSize), advertisement.auth_data.begin());
  } else {
    // The four reserved bits are ignored (RFC 9568 5.2.6).
    advertisement.interval = base::Centiseconds(u16(message, 4) & 0x0fffU);
  }
  return advertisement;
}

}  // namespace

std::optional<VirtualRouterId> peek_vrid(const net::ReceivedPacket& packet) {
  Bytes message = packet.bytes;
  if (packet.family == net::Family::kIpv4) {
    const std::size_t header = ipv4_header_size(packet.bytes);
    if (header == 0) {
      return std::nullopt;
    }
    message = packet.bytes.subspan(header);
    if (u8(packet.bytes, 9) == kAuthenticationHeaderProtocol) {
      // RFC 4302 2.2: the length counts 32-bit words less two.
      constexpr std::size_t kLengthField = 1;
      if (message.size() <= kLengthField) {
        return std::nullopt;
      }
      const std::size_t skip = (u8(message, kLengthField) + std::size_t{2}) * 4;
      message = message.subspan(std::min(skip, message.size()));
    }
  }
  if (message.size() < 2) {
    return std::nullopt;
  }
  return VirtualRouterId{u8(message, 1)};
}

std::optional<net::IpAddress> peek_source(const net::ReceivedPacket& packet) {
  if (packet.family == net::Family::kIpv6) {
    return packet.source;
  }
  if (ipv4_header_size(packet.bytes) == 0) {
    return std::nullopt;
  }
  return net::IpAddress::from_bytes(net::Family::kIpv4, packet.bytes.subspan(12, 4));
}

tl::expected<Advertisement, Rejection> decode(const net::ReceivedPacket& packet,
                                              const Expectation& expectation) {
  if (packet.truncated) {
    return base::unexpected(Rejection::kTruncated);
  }
  const std::optional<Datagram> datagram = open(packet);
  if (!datagram) {
    return base::unexpected(Rejection::kIncompletePacket);
  }
  if (const auto rejection = check_datagram(*datagram, expectation, packet.family)) {
    return base::unexpected(*rejection);
  }
  const Bytes message = datagram->payload;
  if (const auto rejection = check_message(message, expectation, packet.family)) {
    return base::unexpected(*rejection);
  }
  Advertisement advertisement = read_fields(message, *datagram, packet.family);
  if (!intact(message, *datagram, expectation, advertisement)) {
    return base::unexpected(Rejection::kChecksum);
  }
  return advertisement;
}

}  // namespace keelvip::vrrp
