// HostFacts: the node's links and addresses as `kernel` last read them: one whole picture,
// never a difference. Made on the kernel thread, read by the controller; the simulator makes
// its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"
#include "pkg/net/prefix.h"

namespace keelvip::net {

struct Link {
  InterfaceIndex index;
  std::string name;
  MacAddress mac;                    // zero when the link has no 48-bit hardware address
  std::uint32_t mtu = 0;             // bytes
  bool ethernet = false;             // adverts and ARP/NA frames can be sent on it
  bool up = false;                   // IFF_UP: the administrator wants it up
  bool running = false;              // IFF_LOWER_UP: it has a carrier
  std::uint32_t carrier_losses = 0;  // tells of flaps that came and went between two readings
  /// Each differs from what it was when the kernel may have forgotten the groups of that family
  /// that were joined on it: another link came in its place, or IPv6 ended and is back.
  std::uint32_t ipv4_losses = 0;
  std::uint32_t ipv6_losses = 0;

  /// Whether adverts can leave and arrive.
  [[nodiscard]] bool operational() const { return up && running; }

  friend bool operator==(const Link&, const Link&) = default;
};

struct Address {
  InterfaceIndex interface;
  Prefix prefix;
  bool ours = false;       // marked by us (address protocol number), so ours to remove
  bool usable = true;      // not tentative and not failed duplicate detection
  bool secondary = false;  // IPv4: removed by the kernel together with its primary

  friend bool operator==(const Address&, const Address&) = default;
};

struct HostFacts {
  std::vector<Link> links;         // sorted by index
  std::vector<Address> addresses;  // sorted by interface, then prefix
  std::uint64_t resyncs = 0;       // full readings so far, the first included
  std::uint64_t overruns = 0;      // times the kernel dropped notifications (ENOBUFS)

  [[nodiscard]] const Link* find_link(std::string_view name) const;
  [[nodiscard]] const Link* find_link(InterfaceIndex index) const;

  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

}  // namespace keelvip::net
