// One raw IP socket that hears VRRP's multicast group on one interface: its options and membership.
// Functions on a descriptor, which the caller owns. Internal to `wire`: Listeners calls them.
#pragma once

#include "pkg/base/result.h"
#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::wire {

/// A non-blocking socket bound to the interface, not yet in the group, with nothing queued. It
/// reports destination, hop limit (IPv6) and lost packets as ancillary data. Errors: kRetry if the
/// interface is absent, kReport without CAP_NET_RAW.
base::Result<runtime::UniqueFd> open_group_socket(net::Family family,
                                                  net::InterfaceIndex interface);

/// Joins 224.0.0.18 or ff02::12 there. Errors: kRetry.
base::Result<void> join_group(int fd, net::Family family, net::InterfaceIndex interface);

/// Whether the kernel hears the group there, for whomever. Takes no lock that others hold for long.
bool is_joined(net::Family family, net::InterfaceIndex interface);

/// The reverse of joining, whether the kernel remembers that it was joined or not.
void leave_group(int fd, net::Family family, net::InterfaceIndex interface);

}  // namespace keelvip::wire
