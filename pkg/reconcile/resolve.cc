#include "pkg/reconcile/resolve.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "pkg/reconcile/host_index.h"
#include "pkg/vrrp/advertisement.h"

namespace keelvip::reconcile {
namespace {

/// The two families of a VIP look at the same interface and the same checks.
struct VipFooting {
  Fitness link_fitness = Fitness::kFit;
  const net::Link* link = nullptr;
  Fitness health_fitness = Fitness::kFit;
  std::uint32_t check = kNoPosition;
  int lowered_by = 0;
};

Fitness judge_link(const net::Link& link) {
  if (!link.ethernet) {
    return Fitness::kNotEthernet;
  }
  if (!link.up) {
    return Fitness::kInterfaceDown;
  }
  return link.running ? Fitness::kFit : Fitness::kNoCarrier;
}

void find_link(const AssignedVip& vip, const HostIndex& host, VipFooting& footing) {
  if (vip.interface_name != kNoPosition) {
    footing.link = host.named(vip.interface_name);
    footing.link_fitness = Fitness::kInterfaceAbsent;
  } else {
    footing.link = host.holding(vip.locator);
    footing.link_fitness = Fitness::kNoMatchingInterface;
  }
  if (footing.link != nullptr) {
    footing.link_fitness = judge_link(*footing.link);
  }
}

health::Verdict verdict_of(const Verdicts& verdicts, std::uint32_t vip, std::size_t check) {
  return vip < verdicts.size() && check < verdicts[vip].size() ? verdicts[vip][check]
                                                               : health::Verdict::kUnknown;
}

void weigh_health(const ResolveInputs& inputs, std::uint32_t vip, VipFooting& footing) {
  const auto& checks = inputs.assignment.resource(vip).spec.health_checks;
  for (std::uint32_t i = 0; i < checks.size(); ++i) {
    const health::Verdict verdict = verdict_of(inputs.verdicts, vip, i);
    if (verdict == health::Verdict::kHealthy) {
      continue;
    }
    if (checks[i].on_failure.action == api::OnFailure::Action::kLowerPriority) {
      // What is not known to be healthy does not count as healthy, or a node that has just started
      // would take the VIP for the time its first check takes.
      footing.lowered_by += checks[i].on_failure.by;
      continue;
    }
    const Fitness fitness = verdict == health::Verdict::kUnhealthy ? Fitness::kHealthCheckFailing
                                                                   : Fitness::kHealthCheckPending;
    if (footing.check == kNoPosition || fitness < footing.health_fitness) {
      footing.health_fitness = fitness;
      footing.check = i;
    }
  }
}

/// Only one router can have a VRID on an interface and family. Whoever was there first keeps it:
/// numbers are given in order, so the lower one was first.
class VridClaims {
 public:
  VridClaims(const Assignment& assignment, std::span<const VipFooting> footings) {
    claims_.reserve(assignment.routers.size());
    for (std::uint32_t i = 0; i < assignment.routers.size(); ++i) {
      const AssignedRouter& router = assignment.routers[i];
      const net::Link* link = footings[router.vip].link;
      if (link != nullptr) {
        claims_.push_back({link->index, router.settings.family, router.settings.vrid, i});
      }
    }
    std::ranges::sort(claims_);
    winner_.assign(assignment.routers.size(), kNoPosition);
    for (std::size_t i = 1; i < claims_.size(); ++i) {
      if (claims_[i].same_place(claims_[i - 1])) {
        const std::uint32_t earlier = winner_[claims_[i - 1].router];
        winner_[claims_[i].router] = earlier != kNoPosition ? earlier : claims_[i - 1].router;
      }
    }
  }

  /// The router that has the VRID instead of this one, or kNoPosition.
  [[nodiscard]] std::uint32_t lost_to(std::uint32_t router) const { return winner_[router]; }

 private:
  struct Claim {
    net::InterfaceIndex interface;
    net::Family family;
    vrrp::VirtualRouterId vrid;
    std::uint32_t router;  // sorted by id, so a lower position is an earlier router

    [[nodiscard]] bool same_place(const Claim& other) const {
      return interface == other.interface && family == other.family && vrid == other.vrid;
    }
    friend auto operator<=>(const Claim&, const Claim&) = default;
  };

  std::vector<Claim> claims_;
  std::vector<std::uint32_t> winner_;
};

struct Obstacle {
  Fitness fitness = Fitness::kFit;
  std::uint32_t culprit = kNoPosition;
};

Obstacle judge_addresses(const HostIndex& host, const net::Link& link, const AssignedRouter& router,
                         bool owner) {
  for (std::uint32_t i = 0; i < router.addresses.size(); ++i) {
    const net::IpAddress& address = router.addresses[i].address;
    if (owner) {
      if (host.foreign_on(link, address) == kNoPosition) {
        return {Fitness::kNotAddressOwner, i};
      }
    } else if (const std::uint32_t foreign = host.foreign(link, address); foreign != kNoPosition) {
      return {Fitness::kAddressIsForeign, foreign};
    }
  }
  return {};
}

/// 0: the link does not say.
bool fits(const net::Link& link, const AssignedRouter& router) {
  const vrrp::RouterSettings& settings = router.settings;
  return link.mtu == 0 ||
         vrrp::packet_size(settings.version, settings.family, router.addresses.size()) <= link.mtu;
}

std::uint32_t find_unheard(std::span<const vrrp::Unheard> unheard, net::InterfaceIndex interface,
                           net::Family family) {
  for (std::uint32_t i = 0; i < unheard.size(); ++i) {
    if (unheard[i].interface == interface && unheard[i].family == family) {
      return i;
    }
  }
  return kNoPosition;
}

/// The first reason in the order of Fitness; fills in what is known of the place on the way.
DesiredRouter judge_router(const ResolveInputs& inputs, const HostIndex& host,
                           const VridClaims& claims, const VipFooting& footing,
                           std::uint32_t position) {
  const AssignedRouter& router = inputs.assignment.routers[position];
  const bool owner = inputs.assignment.is_owner(position);
  DesiredRouter desired;
  desired.priority_sum = inputs.assignment.vips[router.vip].priority - footing.lowered_by;
  desired.priority =
      owner ? vrrp::kOwner
            : vrrp::Priority{static_cast<std::uint8_t>(std::clamp(desired.priority_sum, 1, 254))};
  Obstacle obstacle;
  const auto object = [&](Fitness fitness, std::uint32_t culprit) {
    if (obstacle.fitness == Fitness::kFit) {
      obstacle = {fitness, culprit};
    }
  };
  if (inputs.stopping) {
    object(Fitness::kStopping, kNoPosition);
  }
  if (inputs.drained) {
    object(Fitness::kDrained, kNoPosition);
  }
  object(footing.link_fitness, kNoPosition);
  if (const net::Link* link = footing.link; link != nullptr) {
    desired.interface = link->index;
    desired.mac = link->mac;
    desired.group_losses =
        router.settings.family == net::Family::kIpv6 ? link->ipv6_losses : link->ipv4_losses;
    if (claims.lost_to(position) != kNoPosition) {
      object(Fitness::kVridInUse, claims.lost_to(position));
    }
    const Obstacle addresses = judge_addresses(host, *link, router, owner);
    object(addresses.fitness, addresses.culprit);
    if (const net::IpAddress* source = host.source(*link, router); source != nullptr) {
      desired.primary = *source;
    } else {
      object(Fitness::kNoSourceAddress, kNoPosition);
    }
    if (!fits(*link, router)) {
      object(Fitness::kMtuTooSmall, kNoPosition);
    }
  }
  object(footing.health_fitness, footing.check);
  // The last one: the Speaker's thread starts the router by itself as soon as it can listen.
  const std::uint32_t unheard =
      find_unheard(inputs.unheard, desired.interface, router.settings.family);
  if (unheard != kNoPosition && !owner) {  // whom nobody can preempt
    object(Fitness::kCannotListen, unheard);
  }
  desired.fitness = obstacle.fitness;
  desired.culprit = obstacle.culprit;
  // Whoever leaves although nothing is wrong with it takes its time.
  // The owner's addresses are not ours to keep or to take away.
  desired.hand_over =
      (inputs.stopping || inputs.drained) && !owner && footing.link_fitness == Fitness::kFit;
  return desired;
}

void join_families(const Assignment& assignment, std::vector<DesiredRouter>& routers) {
  for (const AssignedVip& vip : assignment.vips) {
    const auto [first, second] = vip.routers;
    if (first == kNoPosition || second == kNoPosition) {
      continue;
    }
    const bool first_fit = routers[first].fitness == Fitness::kFit;
    const bool second_fit = routers[second].fitness == Fitness::kFit;
    if (first_fit != second_fit) {
      DesiredRouter& dragged = routers[first_fit ? first : second];
      dragged.fitness = Fitness::kOtherFamilyInFault;
      dragged.culprit = first_fit ? second : first;
    }
  }
}

bool answers_on(const ReachedRole& reached, net::InterfaceIndex interface) {
  return (reached.role == vrrp::Role::kActive || reached.hands_over) &&
         (reached.interface == interface || reached.interface == net::InterfaceIndex{});
}

void want_addresses(const ResolveInputs& inputs, const HostIndex& host, Desired& desired) {
  const Assignment& assignment = inputs.assignment;
  desired.addresses.reserve(assignment.virtual_addresses.size());
  for (std::uint32_t i = 0; i < assignment.routers.size(); ++i) {
    const net::InterfaceIndex interface = desired.routers[i].interface;
    const bool answers = i < inputs.roles.size() && answers_on(inputs.roles[i], interface);
    const bool add = answers && inputs.roles[i].role == vrrp::Role::kActive &&
                     desired.routers[i].fitness == Fitness::kFit && !inputs.roles_stale;
    if (!answers || assignment.is_owner(i) || interface == net::InterfaceIndex{}) {
      continue;
    }
    const net::Link* link = inputs.facts.find_link(interface);
    const auto& addresses = assignment.routers[i].addresses;
    for (std::uint32_t entry = 0; entry < addresses.size(); ++entry) {
      const net::Prefix& prefix = addresses[entry];
      if (link != nullptr && host.foreign_on(*link, prefix.address) != kNoPosition) {
        continue;
      }
      const bool whole = prefix.length == prefix.address.bits();
      const bool without_route = whole || host.route_covered(interface, prefix);
      desired.addresses.push_back(
          {interface, prefix, i, entry, without_route, add, assignment.routers[i].lifetime});
    }
  }
  std::ranges::sort(desired.addresses);
}

}  // namespace

Desired resolve(const ResolveInputs& inputs) {
  const Assignment& assignment = inputs.assignment;
  const HostIndex host(assignment, inputs.facts);
  std::vector<VipFooting> footings(assignment.vips.size());
  for (std::uint32_t i = 0; i < footings.size(); ++i) {
    if (assignment.vips[i].selected) {
      find_link(assignment.vips[i], host, footings[i]);
      weigh_health(inputs, i, footings[i]);
    }
  }
  const VridClaims claims(assignment, footings);
  Desired desired;
  desired.routers.reserve(assignment.routers.size());
  for (std::uint32_t i = 0; i < assignment.routers.size(); ++i) {
    const VipFooting& footing = footings[assignment.routers[i].vip];
    desired.routers.push_back(judge_router(inputs, host, claims, footing, i));
  }
  join_families(assignment, desired.routers);
  want_addresses(inputs, host, desired);
  return desired;
}

}  // namespace keelvip::reconcile
