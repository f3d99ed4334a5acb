// HostIndex: HostFacts arranged for the questions that `resolve` asks per virtual router, so that a
// thousand routers on a host with thousands of addresses are answered in one go. Built and thrown
// away inside resolve; it points into the facts and the assignment.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"

namespace keelvip::reconcile {

class HostIndex {
 public:
  HostIndex(const Assignment& assignment, const net::HostFacts& facts);

  /// The link that has the name at this position of Assignment::interface_names, or null.
  [[nodiscard]] const net::Link* named(std::uint32_t interface_name) const {
    return named_[interface_name];
  }

  /// The link with an address, not one of ours, whose subnet holds `address`: an Ethernet one
  /// before others, the longest prefix before others, the lowest index before others.
  [[nodiscard]] const net::Link* holding(const net::IpAddress& address) const;

  /// Where adverts of this router can come from on `link`: IPv4: an address that no VIP has, in the
  /// subnet of the router's first address if there is one; IPv6: a link-local address that no VIP
  /// has. One that this node owns (priority 255) will do if there is no other in its subnet. Null
  /// if there is none.
  [[nodiscard]] const net::IpAddress* source(const net::Link& link,
                                             const AssignedRouter& router) const;

  /// Position in facts.addresses of a usable or unusable address, not one of ours, that is the
  /// virtual address `address` of a router on `link`; kNoPosition if there is none. Addresses on
  /// other links count unless they are link-local or their link is no Ethernet (a VIP on the
  /// loopback interface is how direct-routing real servers are set up).
  [[nodiscard]] std::uint32_t foreign(const net::Link& link, const net::IpAddress& address) const;

  /// The same, on `link` alone.
  [[nodiscard]] std::uint32_t foreign_on(const net::Link& link,
                                         const net::IpAddress& address) const;

  /// Whether an address of somebody else on this interface brings the connected route of `prefix`.
  [[nodiscard]] bool route_covered(net::InterfaceIndex interface, const net::Prefix& prefix) const;

 private:
  void add_plain(const net::Address& address, bool owned);
  [[nodiscard]] std::span<const net::Address* const> plain_of(net::InterfaceIndex interface) const;
  [[nodiscard]] std::span<const std::uint32_t> foreign_virtual(const net::IpAddress& address) const;

  const net::HostFacts& facts_;
  std::vector<const net::Link*> named_;
  /// Usable addresses that are not ours, and virtual only if this node owns them; of those in one
  /// subnet about one.
  std::vector<const net::Address*> plain_;
  bool last_is_owned_ = false;  // the last of them
  /// Positions in facts.addresses of virtual addresses that are not ours, sorted by address.
  std::vector<std::uint32_t> foreign_virtual_;
};

}  // namespace keelvip::reconcile
