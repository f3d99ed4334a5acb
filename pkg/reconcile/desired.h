// Desired: what this node should be and hold right now, according to specs, host, health and the
// roles that the Speaker has reached. Made by `resolve`, turned into steps by `make_plan` and into
// a SpeakerConfig by the controller.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"
#include "pkg/net/prefix.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/fitness.h"
#include "pkg/vrrp/types.h"

namespace keelvip::reconcile {

struct DesiredRouter {
  Fitness fitness = Fitness::kFit;
  /// What stands in the way, by fitness: kVridInUse: a router of the assignment; kAddressIsForeign:
  /// an address of the facts; kNotAddressOwner: an address of the router; kCannotListen: an entry
  /// of what is unheard; kHealthCheck*: a check of the VIP; kOtherFamilyInFault: the other router.
  /// Positions, else kNoPosition.
  std::uint32_t culprit = kNoPosition;
  net::InterfaceIndex interface;  // 0: not known
  net::IpAddress primary;         // source of adverts; unspecified: none
  net::MacAddress mac;
  std::uint32_t group_losses = 0;  // see vrrp::RouterConfig
  bool hand_over = false;          // if it must leave, then by a hand-over
  int priority_sum = 0;            // base and terms, before it is brought into 1..254
  vrrp::Priority priority;         // in force

  friend bool operator==(const DesiredRouter&, const DesiredRouter&) = default;
};

/// An address that shall be on an interface, put there by us.
struct DesiredAddress {
  net::InterfaceIndex interface;
  net::Prefix prefix;
  std::uint32_t router = 0;    // position in Assignment::routers
  std::uint32_t entry = 0;     // position in AssignedRouter::addresses
  bool without_route = false;  // see net::AddressStep
  /// False: leave it where it is there, but do not add it: its router is about to resign, hands
  /// over, or was last heard of too long ago.
  bool add = true;
  base::Duration lifetime{};  // see net::AddressStep

  friend auto operator<=>(const DesiredAddress&, const DesiredAddress&) = default;
};

struct Desired {
  std::vector<DesiredRouter> routers;     // parallel to Assignment::routers
  std::vector<DesiredAddress> addresses;  // sorted by interface, then prefix; none twice

  friend bool operator==(const Desired&, const Desired&) = default;
};

}  // namespace keelvip::reconcile
