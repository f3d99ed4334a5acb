// Links as rtnetlink messages: a notification or dump entry as a record, and the one setting that
// we change. Kernel calls them for what it sends and hears, FactsTable keeps the records. Pure
// functions on bytes; kernel thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/net/host_facts.h"

namespace keelvip::kernel {

struct LinkRecord {
  net::Link link;
  /// Whether removing an IPv4 primary address leaves its secondaries.
  bool promotes_secondaries = false;

  friend bool operator==(const LinkRecord&, const LinkRecord&) = default;
};

/// What one message says about a link. Wireless events carry flags and no attributes, so what is
/// absent here stays as it was.
struct LinkMessage {
  net::InterfaceIndex index;
  bool ethernet = false;
  bool up = false;
  bool running = false;
  std::optional<std::string> name;
  std::optional<net::MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  std::optional<std::uint32_t> carrier_losses;
  std::optional<bool> promotes_secondaries;

  void write_to(LinkRecord& record) const;
};

/// Reads RTM_NEWLINK or RTM_DELLINK, netlink header included. nullopt when it is malformed or is
/// about something else than the device itself: a bridge says "RTM_DELLINK" of family AF_BRIDGE
/// when a port leaves it.
[[nodiscard]] std::optional<LinkMessage> parse_link(std::span<const std::byte> message);

/// Appends the request that makes the kernel promote a secondary IPv4 address when its primary is
/// removed (net.ipv4.conf.INTERFACE.promote_secondaries), by netlink because /proc/sys may be
/// read-only in a container.
void append_promote_request(std::vector<std::byte>& out, net::InterfaceIndex interface,
                            std::uint32_t sequence);

}  // namespace keelvip::kernel
