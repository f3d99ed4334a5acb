#include "pkg/reconcile/host_index.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace keelvip::reconcile {
namespace {

bool same_subnet(const net::Address& a, const net::Address& b) {
  return a.interface == b.interface && a.prefix.length == b.prefix.length &&
         a.prefix.contains(b.prefix.address);
}

std::vector<const net::Link*> find_named(const std::vector<std::string>& names,
                                         const net::HostFacts& facts) {
  std::vector<const net::Link*> by_name;
  by_name.reserve(facts.links.size());
  for (const net::Link& link : facts.links) {
    by_name.push_back(&link);
  }
  const auto name_of = [](const net::Link* link) -> std::string_view { return link->name; };
  std::ranges::sort(by_name, {}, name_of);
  std::vector<const net::Link*> named;
  named.reserve(names.size());
  for (const std::string& name : names) {
    const auto link = std::ranges::lower_bound(by_name, std::string_view(name), {}, name_of);
    named.push_back(link != by_name.end() && (*link)->name == name ? *link : nullptr);
  }
  return named;
}

}  // namespace

HostIndex::HostIndex(const Assignment& assignment, const net::HostFacts& facts)
    : facts_(facts), named_(find_named(assignment.interface_names, facts)) {
  for (std::uint32_t i = 0; i < facts.addresses.size(); ++i) {
    const net::Address& address = facts.addresses[i];
    if (address.ours) {
      continue;
    }
    const std::uint32_t router = assignment.router_of(address.prefix.address);
    const bool owned = router != kNoPosition && assignment.is_owner(router);
    if (router != kNoPosition) {
      foreign_virtual_.push_back(i);
    }
    if (address.usable && (router == kNoPosition || owned)) {
      add_plain(address, owned);
    }
  }
  std::ranges::sort(foreign_virtual_, {},
                    [&](std::uint32_t i) { return facts.addresses[i].prefix.address; });
}

/// Another node may have an owned address while we are away, so any other is better.
void HostIndex::add_plain(const net::Address& address, bool owned) {
  if (plain_.empty() || !same_subnet(*plain_.back(), address)) {
    plain_.push_back(&address);
    last_is_owned_ = owned;
  } else if (std::pair(last_is_owned_, plain_.back()->secondary) >
             std::pair(owned, address.secondary)) {
    plain_.back() = &address;
    last_is_owned_ = owned;
  }
}

const net::Link* HostIndex::holding(const net::IpAddress& address) const {
  const net::Link* best = nullptr;
  auto best_rank = std::tuple(false, std::uint8_t{0});
  const auto consider = [&](const net::Address& candidate) {
    const net::Link* link =
        candidate.prefix.contains(address) ? facts_.find_link(candidate.interface) : nullptr;
    if (link == nullptr) {
      return;
    }
    const auto rank = std::tuple(link->ethernet, candidate.prefix.length);
    if (best == nullptr || rank > best_rank || (rank == best_rank && link->index < best->index)) {
      best = link;
      best_rank = rank;
    }
  };
  for (const net::Address* candidate : plain_) {
    consider(*candidate);
  }
  for (const std::uint32_t i : foreign_virtual(address)) {
    consider(facts_.addresses[i]);
  }
  return best;
}

const net::IpAddress* HostIndex::source(const net::Link& link, const AssignedRouter& router) const {
  const net::Family family = router.settings.family;
  const auto suitable = [&](const net::IpAddress& address) {
    return address.family() == family && (family == net::Family::kIpv4 || address.is_link_local());
  };
  const net::IpAddress* first = nullptr;
  for (const net::Address* candidate : plain_of(link.index)) {
    const net::Prefix& prefix = candidate->prefix;
    if (!suitable(prefix.address)) {
      continue;
    }
    if (prefix.contains(router.addresses.front().address)) {
      return &prefix.address;
    }
    if (first == nullptr) {
      first = &prefix.address;
    }
  }
  return first;
}

std::uint32_t HostIndex::foreign(const net::Link& link, const net::IpAddress& address) const {
  for (const std::uint32_t i : foreign_virtual(address)) {
    const net::InterfaceIndex where = facts_.addresses[i].interface;
    if (where == link.index) {
      return i;
    }
    const net::Link* other = facts_.find_link(where);
    if (!address.is_link_local() && other != nullptr && other->ethernet) {
      return i;
    }
  }
  return kNoPosition;
}

std::uint32_t HostIndex::foreign_on(const net::Link& link, const net::IpAddress& address) const {
  for (const std::uint32_t i : foreign_virtual(address)) {
    if (facts_.addresses[i].interface == link.index) {
      return i;
    }
  }
  return kNoPosition;
}

bool HostIndex::route_covered(net::InterfaceIndex interface, const net::Prefix& prefix) const {
  return std::ranges::any_of(plain_of(interface), [&](const net::Address* candidate) {
    return candidate->prefix.length <= prefix.length && candidate->prefix.contains(prefix.address);
  });
}

std::span<const net::Address* const> HostIndex::plain_of(net::InterfaceIndex interface) const {
  const auto range = std::ranges::equal_range(
      plain_, interface, {}, [](const net::Address* address) { return address->interface; });
  return {range.begin(), range.end()};
}

std::span<const std::uint32_t> HostIndex::foreign_virtual(const net::IpAddress& address) const {
  const auto range = std::ranges::equal_range(foreign_virtual_, address, {}, [&](std::uint32_t i) {
    return facts_.addresses[i].prefix.address;
  });
  return {range.begin(), range.end()};
}

}  // namespace keelvip::reconcile
