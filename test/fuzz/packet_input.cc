#include "packet_input.h"

#include <algorithm>
#include <array>

#include "pkg/vrrp/checksum_form.h"

namespace keelvip::fuzz {
namespace {

using vrrp::PeerPacket;

constexpr std::uint8_t kIpv6Flag = 1;
constexpr std::uint8_t kTruncatedFlag = 2;
constexpr std::uint8_t kOtherInterfaceFlag = 4;
constexpr std::size_t kChecksum = 6;

net::IpAddress read_ipv6(Input& input) {
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(input.take(bytes.size()), bytes.begin());
  return net::IpAddress::v6(bytes);
}

std::size_t message_size(const PeerPacket& packet) {
  const std::size_t offset = packet.bytes.empty() ? 0 : packet.message_offset();
  return packet.bytes.size() - std::min(offset, packet.bytes.size());
}

void mend_count(PeerPacket& packet) {
  const std::size_t size = message_size(packet);
  const bool v2 = std::to_integer<unsigned>(packet.message_byte(0)) >> 4U == 2;
  const std::size_t around = vrrp::kMessageHeaderSize + (v2 ? vrrp::kAuthenticationDataSize : 0);
  if (size >= around) {
    packet.message_byte(3) =
        static_cast<std::byte>((size - around) / vrrp::address_size(packet.family) & 0xffU);
  }
}

void mend_checksum(PeerPacket& packet, bool pseudo_header) {
  const bool ipv4 = packet.family == net::Family::kIpv4;
  if (ipv4 && packet.message_offset() < 20) {
    return;
  }
  const bool v2 = std::to_integer<unsigned>(packet.message_byte(0)) >> 4U == 2;
  const auto message = std::span(packet.bytes).subspan(packet.message_offset());
  const auto bytes = std::span<const std::byte>(packet.bytes);
  const auto source =
      ipv4 ? net::IpAddress::from_bytes(packet.family, bytes.subspan(12, 4)) : packet.source;
  const auto destination =
      ipv4 ? net::IpAddress::from_bytes(packet.family, bytes.subspan(16, 4)) : packet.destination;
  std::ranges::fill(message.subspan(kChecksum, 2), std::byte{0});
  const std::uint16_t sum =
      vrrp::compute_checksum(message,
                             v2 || (ipv4 && !pseudo_header) ? vrrp::ChecksumForm::kMessageOnly
                                                            : vrrp::ChecksumForm::kPseudoHeader,
                             source, destination);
  message[kChecksum] = static_cast<std::byte>(sum >> 8U);
  message[kChecksum + 1] = static_cast<std::byte>(sum & 0xffU);
}

}  // namespace

PeerPacket read_packet(Input& input) {
  PeerPacket packet;
  const std::uint8_t flags = input.u8();
  packet.family = (flags & kIpv6Flag) != 0 ? net::Family::kIpv6 : net::Family::kIpv4;
  packet.truncated = (flags & kTruncatedFlag) != 0;
  packet.interface = {(flags & kOtherInterfaceFlag) != 0 ? 3U : 2U};
  if (packet.family == net::Family::kIpv6) {
    packet.hop_limit = input.u8();
    packet.source = read_ipv6(input);
    packet.destination = read_ipv6(input);
  }
  const auto bytes = std::as_bytes(input.take_rest());
  packet.bytes.assign(bytes.begin(), bytes.end());
  return packet;
}

void mend(PeerPacket& packet, unsigned choice) {
  if ((choice & 1U) != 0 && packet.bytes.size() >= 20) {
    packet.resize(packet.bytes.size());
  }
  if (message_size(packet) < vrrp::kMessageHeaderSize) {
    return;
  }
  if ((choice & 2U) != 0) {
    mend_count(packet);
  }
  if ((choice & 4U) != 0) {
    mend_checksum(packet, (choice & 8U) != 0);
  }
}

}  // namespace keelvip::fuzz
