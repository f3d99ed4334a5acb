// PeerPacket: for tests only: an advert of another router as our raw socket would deliver it, with
// bytes that a test can damage. Unit tests of the codec and of the Speaker call it, and the
// transcripts of test/conformance; there are no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/net/packet.h"
#include "pkg/vrrp/encode.h"

namespace keelvip::vrrp {

struct PeerPacket {
  net::InterfaceIndex interface{2};
  net::Family family = net::Family::kIpv4;
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 255;
  bool truncated = false;
  std::vector<std::byte> bytes;

  static PeerPacket of(const MessageFields& fields, std::span<const net::IpAddress> addresses,
                       const net::IpAddress& source,
                       ChecksumForm form = ChecksumForm::kMessageOnly) {
    std::vector<std::byte> frame(frame_size(fields, addresses.size()));
    encode_frame(fields, addresses, form, net::MacAddress{}, source, frame);
    return from_frame(net::InterfaceIndex{2}, frame);
  }

  /// What a Linux raw socket makes of an Ethernet frame: it keeps the IPv4 header and turns the
  /// IPv6 header into ancillary data.
  static PeerPacket from_frame(net::InterfaceIndex interface, std::span<const std::byte> frame) {
    constexpr std::size_t kEthernet = 14;
    const bool ipv4 = frame[12] == std::byte{0x08};
    PeerPacket packet;
    packet.interface = interface;
    packet.family = ipv4 ? net::Family::kIpv4 : net::Family::kIpv6;
    const std::span<const std::byte> ip = frame.subspan(kEthernet);
    if (ipv4) {
      packet.source = net::IpAddress::from_bytes(packet.family, ip.subspan(12, 4));
      packet.destination = net::IpAddress::from_bytes(packet.family, ip.subspan(16, 4));
      packet.bytes.assign(ip.begin(), ip.end());
    } else {
      packet.source = net::IpAddress::from_bytes(packet.family, ip.subspan(8, 16));
      packet.destination = net::IpAddress::from_bytes(packet.family, ip.subspan(24, 16));
      packet.hop_limit = std::to_integer<std::uint8_t>(ip[7]);
      packet.bytes.assign(ip.begin() + 40, ip.end());
    }
    return packet;
  }

  /// Offset of the VRRP message in `bytes`.
  [[nodiscard]] std::size_t message_offset() const {
    return family == net::Family::kIpv4 ? (std::to_integer<std::size_t>(bytes[0]) & 0x0fU) * 4 : 0;
  }
  [[nodiscard]] std::byte& message_byte(std::size_t at) { return bytes[message_offset() + at]; }

  /// The VRID field; 0 when the packet is too short to have one.
  [[nodiscard]] std::uint8_t vrid() const {
    const std::size_t at = message_offset() + 1;
    return at < bytes.size() ? std::to_integer<std::uint8_t>(bytes[at]) : std::uint8_t{0};
  }

  /// Appends to the packet and, over IPv4, to its total length.
  void append(std::size_t count) { resize(bytes.size() + count); }
  void resize(std::size_t size) {
    bytes.resize(size);
    if (family == net::Family::kIpv4) {
      bytes[2] = static_cast<std::byte>(size >> 8U);
      bytes[3] = static_cast<std::byte>(size & 0xffU);
    }
  }

  [[nodiscard]] net::ReceivedPacket view() const {
    return {.interface = interface,
            .family = family,
            .truncated = truncated,
            .source = family == net::Family::kIpv6 ? source : net::IpAddress{},
            .destination = family == net::Family::kIpv6 ? destination : net::IpAddress{},
            .hop_limit = family == net::Family::kIpv6 ? hop_limit : std::uint8_t{0},
            .bytes = bytes};
  }
};

}  // namespace keelvip::vrrp
