// Assignment: what the specs ask of this node, worked out once per change of the specs so that the
// failover path handles numbers only: one entry per VIP, one per virtual router with the settings
// that depend on the spec alone. Made by the controller and by `keelvip plan`; immutable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/prefix.h"
#include "pkg/reconcile/router_ids.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::reconcile {

/// "No such entry" wherever entries are named by their position.
inline constexpr std::uint32_t kNoPosition = 0xffff'ffff;

/// One virtual router that this node shall take part in: a VIP in one family.
struct AssignedRouter {
  vrrp::RouterId id;
  std::uint32_t vip = 0;  // position in Assignment::vips
  /// Interface, primary, MAC, announce generations and the priority in force are still open.
  vrrp::RouterSettings settings;
  std::vector<net::Prefix> addresses;  // parallel to settings.addresses
  base::Duration lifetime{};           // of an address in the kernel; see lifetime_of()
};

struct AssignedVip {
  /// False: `nodes` does not list this node. It then has no routers here.
  bool selected = true;
  std::uint8_t priority = 100;       // the base on this node
  bool priority_from_nodes = false;  // it stands in `nodes`, not in spec.priority
  std::uint32_t interface_name =
      0;                   // position in Assignment::interface_names; kNoPosition: not given
  net::IpAddress locator;  // the address whose subnet finds the interface
  std::array<std::uint32_t, 2> routers{kNoPosition,
                                       kNoPosition};  // by net::Family, in Assignment::routers
};

struct Assignment {
  std::shared_ptr<const api::SpecSet> specs;  // never null
  std::string node;
  std::vector<AssignedVip> vips;        // parallel to specs->accepted
  std::vector<AssignedRouter> routers;  // sorted by id
  std::vector<std::string> interface_names;
  /// Every virtual address of this node and the router it belongs to, sorted.
  std::vector<std::pair<net::IpAddress, std::uint32_t>> virtual_addresses;

  [[nodiscard]] const api::VirtualIp& resource(std::uint32_t vip) const {
    return specs->accepted[vip];
  }
  [[nodiscard]] std::string_view vip_name(std::uint32_t router) const {
    return resource(routers[router].vip).metadata.name;
  }
  [[nodiscard]] bool is_owner(std::uint32_t router) const {
    return vips[routers[router].vip].priority == vrrp::kOwner.value;
  }
  /// The router that `address` is a virtual address of, or kNoPosition.
  [[nodiscard]] std::uint32_t router_of(const net::IpAddress& address) const;
};

[[nodiscard]] Assignment make_assignment(std::shared_ptr<const api::SpecSet> specs,
                                         std::string_view node, RouterIds& ids);

}  // namespace keelvip::reconcile
