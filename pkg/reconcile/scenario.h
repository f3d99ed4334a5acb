// Scenario: a small world for this package's tests: specs and hosts written in a line each. Tests
// only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/base/check.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/resolve.h"

namespace keelvip::reconcile::scenario {

inline net::IpAddress ip(std::string_view text) {
  const auto address = net::IpAddress::parse(text);
  KEELVIP_CHECK(address.has_value());
  return *address;
}

inline net::Prefix prefix(std::string_view text) {
  const auto parsed = net::Prefix::parse(text);
  KEELVIP_CHECK(parsed.has_value());
  return *parsed;
}

/// A VIP on eth0 with VRID 51 and these addresses.
inline api::VirtualIp vip(std::string name, std::initializer_list<std::string_view> addresses,
                          std::uint8_t vrid = 51) {
  api::VirtualIp resource;
  resource.metadata.name = std::move(name);
  for (const std::string_view address : addresses) {
    resource.spec.addresses.push_back(prefix(address));
  }
  resource.spec.interface = "eth0";
  resource.spec.virtual_router_id = vrid;
  return resource;
}

inline api::HealthCheck check(std::string name, api::OnFailure on_failure = {}) {
  api::HealthCheck health_check;
  health_check.name = std::move(name);
  health_check.probe = api::HttpGet{};
  health_check.on_failure = on_failure;
  return health_check;
}

inline std::shared_ptr<api::SpecSet> specs(std::vector<api::VirtualIp> accepted) {
  auto set = std::make_shared<api::SpecSet>();
  std::ranges::sort(accepted, {}, [](const api::VirtualIp& v) { return v.metadata.name; });
  set->accepted = std::move(accepted);
  set->revision = 1;
  return set;
}

inline net::Link link(std::uint32_t index, std::string name) {
  net::Link link;
  link.index = {index};
  link.name = std::move(name);
  link.mac = {{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(index)}};
  link.mtu = 1500;
  link.ethernet = true;
  link.up = true;
  link.running = true;
  return link;
}

inline net::Address address(std::uint32_t interface, std::string_view text, bool ours = false) {
  net::Address address;
  address.interface = {interface};
  address.prefix = prefix(text);
  address.ours = ours;
  return address;
}

inline void sort_addresses(net::HostFacts& facts) {
  std::ranges::sort(facts.addresses, {},
                    [](const net::Address& a) { return std::pair(a.interface, a.prefix); });
}

/// lo (index 1), eth0 (2) with 192.0.2.1/24 and fe80::1/64, and eth1 (3) with 198.51.100.1/24.
inline net::HostFacts host(std::initializer_list<net::Address> more = {}) {
  net::HostFacts facts;
  facts.links = {link(1, "lo"), link(2, "eth0"), link(3, "eth1")};
  facts.links[0].ethernet = false;
  facts.addresses = {address(1, "127.0.0.1/8"), address(2, "192.0.2.1/24"),
                     address(2, "fe80::1/64"), address(3, "198.51.100.1/24")};
  facts.addresses.insert(facts.addresses.end(), more.begin(), more.end());
  sort_addresses(facts);
  return facts;
}

/// The assignment of a node that sees these specs for the first time.
inline Assignment assignment(std::vector<api::VirtualIp> accepted, std::string_view node = "lb-1") {
  RouterIds ids;
  return make_assignment(specs(std::move(accepted)), node, ids);
}

inline std::vector<ReachedRole> wherever(const std::vector<vrrp::Role>& roles) {
  std::vector<ReachedRole> reached;
  for (const vrrp::Role role : roles) {
    reached.push_back({.role = role});
  }
  return reached;
}

}  // namespace keelvip::reconcile::scenario
