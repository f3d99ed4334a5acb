#include "pkg/sim/service_watch.h"

#include <algorithm>

namespace keelvip::sim {

ServiceWatch::ServiceWatch(const World& world, const Layout& layout,
                           std::span<const api::VirtualIp> vips)
    : world_(world),
      layout_(layout),
      vips_(vips),
      services_(vips.size()),
      tracks_(vips.size(), Track{world.now(), {}}) {
  for (std::size_t i = 0; i < vips.size(); ++i) {
    for (const net::Prefix& address : vips[i].spec.addresses) {
      vip_of_.emplace_back(address.address, i);
    }
  }
  std::ranges::sort(vip_of_);
}

void ServiceWatch::see(const Happening& happening) {
  const net::IpAddress* address = nullptr;
  if (const auto* changed = std::get_if<AddressChanged>(&happening.fact)) {
    address = &changed->prefix.address;
  } else if (const auto* learned = std::get_if<NeighborLearned>(&happening.fact)) {
    address = &learned->address;
  } else if (std::holds_alternative<LinkChanged>(happening.fact)) {
    look();
  }
  if (address != nullptr) {
    // One address may be that of several VIPs, on LANs of their own.
    for (const auto& [of, vip] : std::ranges::equal_range(
             vip_of_, *address, {}, [](const auto& entry) { return entry.first; })) {
      look_at(vip);
    }
  }
}

void ServiceWatch::look() {
  for (std::size_t vip = 0; vip < vips_.size(); ++vip) {
    look_at(vip);
  }
}

void ServiceWatch::begin() {
  for (std::size_t vip = 0; vip < vips_.size(); ++vip) {
    services_[vip].outage = {};
    services_[vip].longest_double = {};
    tracks_[vip] = {world_.now(), {}};
  }
}

const std::vector<Service>& ServiceWatch::services() {
  look();
  return services_;
}

void ServiceWatch::account(std::size_t vip) {
  Service& service = services_[vip];
  Track& track = tracks_[vip];
  const base::Duration passed = world_.now() - track.since;
  track.since = world_.now();
  if (!service.served) {
    service.outage += passed;
  }
  track.double_so_far = service.doubled ? track.double_so_far + passed : base::Duration{};
  service.longest_double = std::max(service.longest_double, track.double_so_far);
}

void ServiceWatch::look_at(std::size_t vip) {
  account(vip);
  Service& service = services_[vip];
  const std::size_t lan = layout_.lan_of[vip];
  service.holders.clear();
  service.served = true;
  service.doubled = false;
  for (const net::Prefix& address : vips_[vip].spec.addresses) {
    std::size_t having = 0;
    for (std::size_t host = 0; host < layout_.hosts.size(); ++host) {
      if (!reachable(host, lan) || !has(host, lan, address.address)) {
        continue;
      }
      ++having;
      if (std::ranges::find(service.holders, host) == service.holders.end()) {
        service.holders.push_back(host);
      }
    }
    service.doubled = service.doubled || having > 1;
    service.served = service.served && answers(lan, address.address);
  }
  std::ranges::sort(service.holders);
}

bool ServiceWatch::reachable(std::size_t host, std::size_t lan) const {
  const Segment& segment = world_.segment(lan);
  return world_.node(host).kernel().interface_on(lan) != net::InterfaceIndex{} &&
         segment.path(host, segment.listener()).cuts == 0;
}

bool ServiceWatch::has(std::size_t host, std::size_t lan, const net::IpAddress& address) const {
  const HostKernel& kernel = world_.node(host).kernel();
  const net::InterfaceIndex interface = kernel.interface_on(lan);
  return std::ranges::any_of(kernel.truth().addresses, [&](const net::Address& one) {
    return one.interface == interface && one.prefix.address == address;
  });
}

bool ServiceWatch::answers(std::size_t lan, const net::IpAddress& address) const {
  const auto& neighbors = world_.segment(lan).neighbors;
  const auto known = std::ranges::find(neighbors, address, &Segment::Neighbor::address);
  if (known == neighbors.end()) {
    return false;
  }
  for (std::size_t host = 0; host < layout_.hosts.size(); ++host) {
    const Port* port = layout_.hosts[host].port_on(lan);
    if (port != nullptr && port->mac == known->mac) {
      return reachable(host, lan) && has(host, lan, address);
    }
  }
  return false;
}

}  // namespace keelvip::sim
