// Plan: the address changes that lead from what is observed to what is desired, each with its
// reason. Pure and idempotent: a plan for a host that is as desired is empty. Only addresses marked
// as ours are ever removed. The controller sends its steps to `kernel`; `keelvip plan` prints it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/desired.h"
#include "pkg/vrrp/types.h"

namespace keelvip::reconcile {

enum class StepReason : std::uint8_t {
  kRoleIsActive,        // add: the router holds its addresses
  kRoleIsNotActive,     // remove: the router does not hold its addresses
  kNotAVirtualAddress,  // remove: ours, but of no VIP that this node may hold
  kWrongPrefixLength,   // remove: the same address shall be there with another length
  kWrongInterface,      // remove: the address shall be on another interface
};

/// One CamelCase word.
[[nodiscard]] std::string_view to_string(StepReason reason);

struct Step {
  net::AddressStep change;
  StepReason reason = StepReason::kRoleIsActive;
  std::uint32_t router = kNoPosition;  // position in Assignment::routers, if it concerns one

  friend bool operator==(const Step&, const Step&) = default;
};

/// An address that must be left alone for now, because a step is in flight or has to wait.
struct HeldAddress {
  net::InterfaceIndex interface;
  net::IpAddress address;

  friend auto operator<=>(const HeldAddress&, const HeldAddress&) = default;
};

struct Observed {
  const net::HostFacts& facts;
  std::span<const HeldAddress> held = {};  // sorted
};

struct Plan {
  std::vector<Step> steps;    // removals before additions
  std::vector<Step> waiting;  // what would be a step were its address not held

  friend bool operator==(const Plan&, const Plan&) = default;
};

[[nodiscard]] Plan make_plan(const Assignment& assignment, const Desired& desired,
                             const Observed& observed);

/// One line per step, such as "+ 192.0.2.10/24 on eth0  web: RoleIsActive"; "Nothing to change."
/// for an empty plan.
[[nodiscard]] std::string to_text(const Plan& plan, const Assignment& assignment,
                                  const net::HostFacts& facts);

}  // namespace keelvip::reconcile
