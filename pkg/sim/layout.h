// Layout: the hosts and LANs that some specs call for: who may hold which VIP, on which interface,
// and an address of its own for everybody. Made up from the specs alone, for `keelvip simulate`,
// which knows no real host. Values; one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/net/mac_address.h"
#include "pkg/net/prefix.h"

namespace keelvip::sim {

struct Lan {
  std::string interface;  // its name on every host
  bool made_up = false;   // no spec names it
  std::vector<net::Prefix> subnets;
};

struct Port {
  std::size_t lan = 0;
  net::MacAddress mac;
  std::vector<net::Prefix> addresses;
};

struct Host {
  std::string name;
  std::vector<Port> ports;

  /// Null if it is not on that LAN.
  [[nodiscard]] const Port* port_on(std::size_t lan) const;
};

struct Layout {
  std::vector<Lan> lans;
  std::vector<Host> hosts;  // sorted by name; the later, the higher the addresses
  bool made_up_hosts = false;
  std::vector<std::size_t> lan_of;                // of each VIP
  std::vector<std::vector<std::size_t>> holders;  // of each VIP: the hosts that may hold it
};

/// More hosts than these cannot be simulated.
inline constexpr std::size_t kMaxHosts = 250;

/// Hosts: all that some spec.nodes names; node-1 and node-2 if none does. A VIP without spec.nodes
/// is for all of them. A VIP without spec.interface is on a LAN whose subnet holds it, as the agent
/// would find it. Of the hosts with priority 255 the first owns the addresses.
[[nodiscard]] Layout lay_out(std::span<const api::VirtualIp> vips);

}  // namespace keelvip::sim
