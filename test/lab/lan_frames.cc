#include "lan_frames.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>

namespace keelvip::lab {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherArp = 0x0806;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kVrrp = 112;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::array<std::uint8_t, 4> kMagic{'k', 'e', 'e', 'l'};

std::uint16_t read16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

std::uint32_t read32(ByteView bytes, std::size_t at) {
  return (std::uint32_t{read16(bytes, at)} << 16U) | read16(bytes, at + 2);
}

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xffffU);
}

void put(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put(Bytes& out, std::initializer_list<std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::uint32_t sum16(ByteView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
  }
  return sum;
}

void store_checksum(Bytes& out, std::size_t at, std::uint32_t sum) {
  while (sum > 0xffffU) {
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  out[at] = static_cast<std::uint8_t>(~sum >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(~sum);
}

Mac mac_at(ByteView bytes, std::size_t at) {
  Mac mac;
  std::ranges::copy(bytes.subspan(at, 6), mac.bytes.begin());
  return mac;
}

Address address_at(ByteView bytes, std::size_t at, bool v6) {
  Address address;
  address.v6 = v6;
  std::ranges::copy(bytes.subspan(at, address.size()), address.bytes.begin());
  return address;
}

Seen read_arp(ByteView arp) {
  if (arp.size() < 28 || read16(arp, 2) != kEtherIpv4 || read32(arp, 14) == 0) {
    return {};
  }
  return Claim{address_at(arp, 14, false), mac_at(arp, 8), read32(arp, 14) == read32(arp, 24)};
}

Seen read_vrrp(ByteView vrrp, const Address& source, const Mac& mac) {
  if (vrrp.size() < 8 || (vrrp[0] & 0x0fU) != 1) {
    return {};
  }
  Advert advert{source, mac, unsigned{vrrp[0]} >> 4U, vrrp[1], vrrp[2], 0, {}};
  advert.interval_ms = advert.version == 2 ? vrrp[5] * 1000U : (read16(vrrp, 4) & 0xfffU) * 10U;
  const std::size_t size = source.size();
  for (std::size_t i = 0; i < vrrp[3] && 8 + (i + 1) * size <= vrrp.size(); ++i) {
    advert.addresses.push_back(address_at(vrrp, 8 + i * size, source.v6));
  }
  return advert;
}

Seen read_echo(ByteView icmp, const Mac& mac, std::uint16_t echo_id) {
  if (icmp.size() < 20 || read16(icmp, 4) != echo_id ||
      !std::ranges::equal(icmp.subspan(8, 4), kMagic)) {
    return {};
  }
  return EchoReply{mac, read32(icmp, 12), read32(icmp, 16)};
}

/// A neighbour advertisement with its target link-layer address option (RFC 4861 4.4, 4.6.1).
Seen read_neighbor_advertisement(ByteView icmp) {
  for (std::size_t at = 24; at + 8 <= icmp.size() && icmp[at + 1] != 0;
       at += std::size_t{8} * icmp[at + 1]) {
    if (icmp[at] == 2) {
      const bool solicited = (icmp[4] & 0x40U) != 0;
      return Claim{address_at(icmp, 8, true), mac_at(icmp, at + 2), !solicited};
    }
  }
  return {};
}

Seen read_ipv4(ByteView packet, const Mac& mac, std::uint16_t echo_id) {
  const std::size_t header = packet.size() < 20 ? 0 : (packet[0] & 0x0fU) * 4U;
  if (header < 20 || packet.size() < header) {
    return {};
  }
  const ByteView payload = packet.subspan(header);
  if (packet[9] == kVrrp) {
    return read_vrrp(payload, address_at(packet, 12, false), mac);
  }
  if (packet[9] == kIcmp && !payload.empty() && payload[0] == 0) {
    return read_echo(payload, mac, echo_id);
  }
  return {};
}

Seen read_ipv6(ByteView packet, const Mac& mac, std::uint16_t echo_id) {
  if (packet.size() < 48) {
    return {};
  }
  const ByteView payload = packet.subspan(40);
  if (packet[6] == kVrrp) {
    return read_vrrp(payload, address_at(packet, 8, true), mac);
  }
  if (packet[6] == kIcmpv6 && payload[0] == 129) {
    return read_echo(payload, mac, echo_id);
  }
  if (packet[6] == kIcmpv6 && payload[0] == 136) {
    return read_neighbor_advertisement(payload);
  }
  return {};
}

void put_ipv6_header(Bytes& out, std::size_t length, ByteView from, ByteView to) {
  put32(out, 0x60000000U);
  put16(out, static_cast<unsigned>(length));
  put(out, {kIcmpv6, 255});
  put(out, from);
  put(out, to);
}

std::uint32_t icmpv6_sum(ByteView message, ByteView from, ByteView to) {
  return sum16(message) + sum16(from) + sum16(to) + static_cast<std::uint32_t>(message.size()) +
         kIcmpv6;
}

Bytes neighbor_solicitation(const Origin& from, const Address& address) {
  Address group{true, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};
  std::copy_n(address.bytes.begin() + 13, 3, group.bytes.begin() + 13);
  Bytes message{135, 0, 0, 0, 0, 0, 0, 0};
  put(message, address.view());
  put(message, {1, 1});
  put(message, from.mac.bytes);
  store_checksum(message, 2, icmpv6_sum(message, from.v6.view(), group.view()));
  Bytes frame{0x33, 0x33, 0xff, group.bytes[13], group.bytes[14], group.bytes[15]};
  put(frame, from.mac.bytes);
  put16(frame, kEtherIpv6);
  put_ipv6_header(frame, message.size(), from.v6.view(), group.view());
  put(frame, message);
  return frame;
}

}  // namespace

std::string Mac::to_string() const {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                bytes[2], bytes[3], bytes[4], bytes[5]);
  return text.data();
}

std::optional<Address> Address::parse(const std::string& text) {
  Address address;
  address.v6 = text.find(':') != std::string::npos;
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
  return text.data();
}

Seen read_frame(ByteView frame, std::uint16_t echo_id) {
  if (frame.size() < kEthernetHeader) {
    return {};
  }
  const ByteView packet = frame.subspan(kEthernetHeader);
  const Mac source = mac_at(frame, 6);
  switch (read16(frame, 12)) {
    case kEtherArp:
      return read_arp(packet);
    case kEtherIpv4:
      return read_ipv4(packet, source, echo_id);
    case kEtherIpv6:
      return read_ipv6(packet, source, echo_id);
    default:
      return {};
  }
}

Bytes echo_request(bool v6, std::uint16_t echo_id, std::uint32_t vip, std::uint32_t packet) {
  Bytes out;
  put(out, {static_cast<std::uint8_t>(v6 ? 128 : 8), 0, 0, 0});
  put16(out, echo_id);
  put16(out, packet & 0xffffU);
  put(out, kMagic);
  put32(out, vip);
  put32(out, packet);
  if (!v6) {
    store_checksum(out, 2, sum16(out));
  }
  return out;
}

Bytes echo_frame(const Origin& from, const Mac& to_mac, const Address& to, std::uint16_t echo_id,
                 std::uint32_t vip, std::uint32_t packet) {
  Bytes message = echo_request(to.v6, echo_id, vip, packet);
  Bytes frame(to_mac.bytes.begin(), to_mac.bytes.end());
  put(frame, from.mac.bytes);
  if (to.v6) {
    store_checksum(message, 2, icmpv6_sum(message, from.v6.view(), to.view()));
    put16(frame, kEtherIpv6);
    put_ipv6_header(frame, message.size(), from.v6.view(), to.view());
  } else {
    put16(frame, kEtherIpv4);
    Bytes header{0x45, 0};
    put16(header, static_cast<unsigned>(20 + message.size()));
    put32(header, 0x00004000U);
    put(header, {64, kIcmp, 0, 0});
    put(header, from.v4.view());
    put(header, to.view());
    store_checksum(header, 10, sum16(header));
    put(frame, header);
  }
  put(frame, message);
  return frame;
}

Bytes who_has(const Origin& from, const Address& address) {
  if (address.v6) {
    return neighbor_solicitation(from, address);
  }
  Bytes frame(6, 0xff);
  put(frame, from.mac.bytes);
  put16(frame, kEtherArp);
  put(frame, {0, 1, 8, 0, 6, 4, 0, 1});
  put(frame, from.mac.bytes);
  put(frame, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  put(frame, address.view());
  return frame;
}

}  // namespace keelvip::lab
