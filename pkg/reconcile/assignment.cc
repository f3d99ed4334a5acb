#include "pkg/reconcile/assignment.h"

#include <algorithm>
#include <cstddef>

#include "pkg/base/check.h"
#include "pkg/reconcile/lease.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::reconcile {
namespace {

vrrp::PreemptionMode preemption_mode(api::Preemption::Mode mode) {
  switch (mode) {
    case api::Preemption::Mode::kDelayed:
      return vrrp::PreemptionMode::kDelayed;
    case api::Preemption::Mode::kNever:
      return vrrp::PreemptionMode::kNever;
    case api::Preemption::Mode::kImmediate:
      break;
  }
  return vrrp::PreemptionMode::kImmediate;
}

vrrp::ChecksumPolicy checksum_policy(api::ChecksumIpv4 form) {
  switch (form) {
    case api::ChecksumIpv4::kRfc9568:
      return vrrp::ChecksumPolicy::kMessageOnly;
    case api::ChecksumIpv4::kPseudoHeader:
      return vrrp::ChecksumPolicy::kPseudoHeader;
    case api::ChecksumIpv4::kAuto:
      break;
  }
  return vrrp::ChecksumPolicy::kAuto;
}

vrrp::SimpleText simple_text(std::string_view password) {
  vrrp::SimpleText text{};
  KEELVIP_CHECK(password.size() <= text.size());
  std::ranges::transform(password, text.begin(), [](char c) { return static_cast<std::byte>(c); });
  return text;
}

std::vector<net::Prefix> addresses_of(const api::Spec& spec, net::Family family) {
  std::vector<net::Prefix> addresses;
  std::ranges::copy_if(spec.addresses, std::back_inserter(addresses),
                       [&](const net::Prefix& p) { return p.address.family() == family; });
  if (family == net::Family::kIpv6) {
    // RFC 9568 5.2.9: the first address of an IPv6 advert is the link-local one.
    std::ranges::stable_partition(addresses,
                                  [](const net::Prefix& p) { return p.address.is_link_local(); });
  }
  return addresses;
}

vrrp::RouterSettings settings_of(const api::Spec& spec, std::span<const net::Prefix> addresses) {
  vrrp::RouterSettings settings;
  settings.version = spec.vrrp_version == 2 ? vrrp::Version::kV2 : vrrp::Version::kV3;
  settings.family = addresses.front().address.family();
  settings.vrid = {spec.virtual_router_id};
  settings.advert_interval = spec.advert_interval;
  settings.preemption = {preemption_mode(spec.preemption.mode), spec.preemption.delay};
  if (spec.authentication) {
    settings.password = simple_text(spec.authentication->password.reveal());
  }
  settings.checksum = checksum_policy(spec.checksum_ipv4);
  settings.announce = {spec.announce.burst_count, spec.announce.burst_interval,
                       spec.announce.second_burst_delay, spec.announce.refresh};
  settings.addresses.reserve(addresses.size());
  for (const net::Prefix& prefix : addresses) {
    settings.addresses.push_back({prefix.address, 0});
  }
  return settings;
}

/// The first address says where the VIP lives; a link-local one fits every interface, so it only
/// counts when there is no other.
net::IpAddress locator_of(const api::Spec& spec) {
  const auto telling = std::ranges::find_if(
      spec.addresses, [](const net::Prefix& p) { return !p.address.is_link_local(); });
  return telling != spec.addresses.end() ? telling->address : spec.addresses.front().address;
}

std::uint32_t intern(std::vector<std::string>& names, const std::string& name) {
  if (name.empty()) {
    return kNoPosition;
  }
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) {
    return static_cast<std::uint32_t>(found - names.begin());
  }
  names.push_back(name);
  return static_cast<std::uint32_t>(names.size() - 1);
}

AssignedVip assign_vip(const api::Spec& spec, std::string_view node,
                       std::vector<std::string>& interface_names) {
  AssignedVip vip;
  vip.priority = spec.priority;
  if (spec.nodes) {
    const auto entry = std::ranges::find(*spec.nodes, node, &api::NodePriority::name);
    vip.selected = entry != spec.nodes->end();
    if (vip.selected) {
      vip.priority = entry->priority;
      vip.priority_from_nodes = true;
    }
  }
  vip.interface_name = intern(interface_names, spec.interface);
  vip.locator = locator_of(spec);
  return vip;
}

void index_routers(Assignment& assignment) {
  std::ranges::sort(assignment.routers, {}, &AssignedRouter::id);
  for (std::uint32_t i = 0; i < assignment.routers.size(); ++i) {
    const AssignedRouter& router = assignment.routers[i];
    assignment.vips[router.vip].routers[static_cast<std::size_t>(router.settings.family)] = i;
    for (const net::Prefix& prefix : router.addresses) {
      assignment.virtual_addresses.emplace_back(prefix.address, i);
    }
  }
  std::ranges::sort(assignment.virtual_addresses);
}

/// By the number of addresses that this node may hold, so that a takeover changes no lifetime.
void set_lifetimes(Assignment& assignment, const api::SpecSet& specs) {
  std::size_t leased = 0;
  const auto lease_of = [&](const AssignedRouter& router) {
    return specs.accepted[router.vip].spec.lease.duration;
  };
  for (const AssignedRouter& router : assignment.routers) {
    leased += lease_of(router) > base::Duration::zero() ? router.addresses.size() : 0;
  }
  for (AssignedRouter& router : assignment.routers) {
    const base::Duration patience = vrrp::active_down_interval(
        router.settings.version, vrrp::Priority{1}, router.settings.advert_interval);
    router.lifetime = lifetime_of(lease_of(router), leased, patience);
  }
}

}  // namespace

std::uint32_t Assignment::router_of(const net::IpAddress& address) const {
  const auto found = std::ranges::lower_bound(virtual_addresses, address, {},
                                              &std::pair<net::IpAddress, std::uint32_t>::first);
  return found != virtual_addresses.end() && found->first == address ? found->second : kNoPosition;
}

Assignment make_assignment(std::shared_ptr<const api::SpecSet> specs, std::string_view node,
                           RouterIds& ids) {
  Assignment assignment;
  assignment.node = node;
  std::vector<RouterKey> keys;
  for (std::uint32_t i = 0; i < specs->accepted.size(); ++i) {
    const api::VirtualIp& resource = specs->accepted[i];
    const api::Spec& spec = resource.spec;
    KEELVIP_CHECK(!spec.addresses.empty());
    assignment.vips.push_back(assign_vip(spec, node, assignment.interface_names));
    if (!assignment.vips.back().selected) {
      continue;
    }
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
      std::vector<net::Prefix> addresses = addresses_of(spec, family);
      if (addresses.empty()) {
        continue;
      }
      AssignedRouter router;
      router.vip = i;
      router.settings = settings_of(spec, addresses);
      router.settings.priority = {assignment.vips.back().priority};
      router.addresses = std::move(addresses);
      assignment.routers.push_back(std::move(router));
      keys.push_back({resource.metadata.name,
                      family,
                      {spec.interface, spec.virtual_router_id, spec.vrrp_version}});
    }
  }
  const std::vector<vrrp::RouterId> numbers = ids.assign(keys);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    assignment.routers[i].id = numbers[i];
  }
  index_routers(assignment);
  set_lifetimes(assignment, *specs);
  assignment.specs = std::move(specs);
  return assignment;
}

}  // namespace keelvip::reconcile
