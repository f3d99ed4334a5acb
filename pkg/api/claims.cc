#include "pkg/api/claims.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace keelvip::api {
namespace {

bool has_family(const VirtualIp& vip, net::Family family) {
  return std::any_of(vip.spec.addresses.begin(), vip.spec.addresses.end(),
                     [&](const net::Prefix& p) { return p.address.family() == family; });
}

/// The address by whose subnet the interface is found when none is named. The decoder made sure
/// that there is one.
const net::Prefix* anchor(const VirtualIp& vip) {
  const auto found = std::find_if(vip.spec.addresses.begin(), vip.spec.addresses.end(),
                                  [](const net::Prefix& p) { return !p.address.is_link_local(); });
  return found == vip.spec.addresses.end() ? nullptr : &*found;
}

/// Whether both are surely on one interface. Where only one of them names it, the node knows, the
/// documents do not: then this is no conflict of documents.
bool on_same_link(const VirtualIp& left, const VirtualIp& right) {
  if (left.spec.interface != right.spec.interface || !left.spec.interface.empty()) {
    return left.spec.interface == right.spec.interface;
  }
  const net::Prefix* a = anchor(left);
  const net::Prefix* b = anchor(right);
  return a != nullptr && b != nullptr && (a->contains(b->address) || b->contains(a->address));
}

}  // namespace

std::string describe(const VirtualIp& vip) {
  if (vip.origin.source.empty()) {
    return fmt::format("\"{}\"", vip.metadata.name);
  }
  return fmt::format("\"{}\" ({}:{})", vip.metadata.name, vip.origin.source,
                     vip.origin.position.line);
}

std::vector<Clash> ClaimTable::add(const VirtualIp& vip) {
  std::vector<Clash> clashes;
  const std::string link =
      vip.spec.interface.empty() ? "the same subnet" : "interface " + vip.spec.interface;
  for (const net::Family family : std::array{net::Family::kIpv4, net::Family::kIpv6}) {
    if (!has_family(vip, family)) {
      continue;
    }
    for (const VirtualIp* other : routers_[{family, vip.spec.virtual_router_id}]) {
      if (on_same_link(vip, *other)) {
        clashes.push_back({other, Clash::kVirtualRouter,
                           fmt::format("{} is the {} virtual router of {} on {} already",
                                       vip.spec.virtual_router_id, net::to_string(family),
                                       describe(*other), link)});
      }
    }
  }
  for (std::size_t i = 0; i < vip.spec.addresses.size(); ++i) {
    const net::IpAddress& address = vip.spec.addresses[i].address;
    for (const VirtualIp* other : addresses_[address]) {
      // A link-local address belongs to its link; the same on another link is another address.
      if (!address.is_link_local() || on_same_link(vip, *other)) {
        clashes.push_back(
            {other, i,
             fmt::format("{} is an address of {} already", address.to_string(), describe(*other))});
      }
    }
  }
  if (!clashes.empty()) {
    return clashes;
  }
  for (const net::Family family : std::array{net::Family::kIpv4, net::Family::kIpv6}) {
    if (has_family(vip, family)) {
      routers_[{family, vip.spec.virtual_router_id}].push_back(&vip);
    }
  }
  for (const net::Prefix& prefix : vip.spec.addresses) {
    addresses_[prefix.address].push_back(&vip);
  }
  return clashes;
}

bool claims_nothing_new(const VirtualIp& next, const VirtualIp& last) {
  const net::Prefix* next_anchor = anchor(next);
  const net::Prefix* last_anchor = anchor(last);
  const bool same_link =
      next.spec.interface == last.spec.interface &&
      (!next.spec.interface.empty() ||
       (next_anchor != nullptr && last_anchor != nullptr && *next_anchor == *last_anchor));
  return same_link && next.spec.virtual_router_id == last.spec.virtual_router_id &&
         std::all_of(next.spec.addresses.begin(), next.spec.addresses.end(),
                     [&](const net::Prefix& wanted) {
                       return std::any_of(
                           last.spec.addresses.begin(), last.spec.addresses.end(),
                           [&](const net::Prefix& had) { return had.address == wanted.address; });
                     });
}

}  // namespace keelvip::api
