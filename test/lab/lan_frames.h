// The frames that lan_probe cares about: VRRP adverts, ARP and neighbour discovery, ICMP echoes.
// Read from raw bytes and built into raw bytes; no sockets, no clock. The laboratory decodes VRRP
// on its own, so that a mistake in the agent's codec cannot hide itself here.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace keelvip::lab {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

struct Mac {
  std::array<std::uint8_t, 6> bytes{};
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Mac&, const Mac&) = default;
};

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // IPv4: the first four
  static std::optional<Address> parse(const std::string& text);
  [[nodiscard]] std::size_t size() const { return v6 ? 16 : 4; }
  [[nodiscard]] ByteView view() const { return ByteView(bytes).first(size()); }
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Address&, const Address&) = default;
};

struct Advert {
  Address source;
  Mac mac;
  unsigned version = 0;
  unsigned vrid = 0;
  unsigned priority = 0;
  std::uint32_t interval_ms = 0;
  std::vector<Address> addresses;
};

/// Somebody says where `address` is: an ARP packet's sender or a neighbour advertisement's target.
struct Claim {
  Address address;
  Mac mac;
  bool gratuitous = false;  // addressed to everybody, not an answer to us
};

struct EchoReply {
  Mac mac;
  std::uint32_t vip = 0;     // index of the VIP that was asked
  std::uint32_t packet = 0;  // its running number
};

using Seen = std::variant<std::monostate, Advert, Claim, EchoReply>;

/// Reads an Ethernet frame; monostate when it is none of the above. `echo_id` tells our echoes from
/// those of other pings.
[[nodiscard]] Seen read_frame(ByteView frame, std::uint16_t echo_id);

/// Where frames come from: the client's own interface.
struct Origin {
  Mac mac;
  Address v4;
  Address v6;
};

/// An echo request from the ICMP header on, as a raw ICMP socket takes it (its IPv6 checksum is
/// filled in by the kernel).
[[nodiscard]] Bytes echo_request(bool v6, std::uint16_t echo_id, std::uint32_t vip,
                                 std::uint32_t packet);
/// The same as a whole Ethernet frame.
[[nodiscard]] Bytes echo_frame(const Origin& from, const Mac& to_mac, const Address& to,
                               std::uint16_t echo_id, std::uint32_t vip, std::uint32_t packet);
/// Asks the whole segment who has `address`: an ARP probe (sender 0.0.0.0, so that nobody learns
/// anything from it) or a neighbour solicitation.
[[nodiscard]] Bytes who_has(const Origin& from, const Address& address);

}  // namespace keelvip::lab
