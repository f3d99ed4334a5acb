// The frames that tell a LAN where an address is now: gratuitous ARP (RFC 5227 section 3, RFC 9568
// 8.1.2) and unsolicited neighbour advertisement (RFC 4861 7.2.6, RFC 9568 8.2.2). Pure; called by
// the Speaker.
#pragma once

#include <array>
#include <cstddef>

#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"

namespace keelvip::net {

/// An Ethernet frame with an ARP request for `address` from `address`, broadcast. The request form
/// with the target hardware address all ones is the one that updates Linux neighbours at once.
[[nodiscard]] std::array<std::byte, 42> gratuitous_arp(const MacAddress& sender,
                                                       const IpAddress& address);

/// An Ethernet frame with an unsolicited NA for `address` to all nodes: Router and Override set,
/// target link-layer address `sender`. R must be set: a host that has its default route from this
/// address deletes the route when told that it is no router.
[[nodiscard]] std::array<std::byte, 86> unsolicited_neighbor_advertisement(
    const MacAddress& sender, const IpAddress& address);

}  // namespace keelvip::net
