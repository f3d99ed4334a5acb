#include "hand_over_checker.h"

#include <algorithm>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kOverlap = milliseconds(25);

/// The skew of priority 1, the longest there is, 3 % for clocks that differ, and what threads may
/// add.
Duration limit_of(const RouterView& router) {
  const Duration whole =
      router.version == vrrp::Version::kV2 ? Duration(seconds(1)) : Duration(router.interval);
  return whole * 255 / 256 * 33 / 32 + kOverlap + milliseconds(1);
}

}  // namespace

std::size_t HandOverChecker::slot_of_address(const net::Prefix& prefix) const {
  for (std::size_t vip = 0; vip < schedule_.vips.size(); ++vip) {
    const auto& addresses = schedule_.vips[vip].spec.addresses;
    if (std::ranges::find(addresses, prefix) != addresses.end()) {
      return slot_of({vrid_of(vip)}, prefix.address.family());
    }
  }
  return kSlots;
}

/// Whether `other` would follow when `node` resigns: it runs undisturbed, stands by, and hears it.
bool HandOverChecker::can_follow(std::size_t node, std::size_t other, std::size_t slot) const {
  const NodeView& successor = view_.nodes[other];
  const RouterView& router = successor.routers[slot];
  const RouterView& leaver = view_.nodes[node].routers[slot];
  // One that is about to preempt does not learn the interval, and reckons with an older one.
  const bool older = router.priority > leaver.priority &&
                     std::max(router.interval, slowest_[other][slot]) > leaver.interval;
  // So does one that missed every advert since the interval became shorter, or never heard one: a
  // resignation does not teach it (RFC 9568 6.4.2).
  const base::Centiseconds learned = learned_[other][slot];
  const bool slower =
      older || (learned != base::Centiseconds{} ? learned : router.interval) > leaver.interval;
  const auto prompt = [&](std::size_t from, std::size_t to) {
    const Path& path = world_.segment(0).path(from, to);
    return path.clean() && path.longest <= milliseconds(1);
  };
  return other != node && successor.alive && !successor.frozen && router.participates &&
         router.role != vrrp::Role::kInitialize && world_.now() > successor.disturbed_until &&
         router.accepts(leaver) && !slower && prompt(node, other) && prompt(other, node) &&
         world_.node(other).kernel().interface_on(0) != net::InterfaceIndex{};
}

/// It follows, but its kernel or its threads are hindered.
bool HandOverChecker::follower_hindered(std::size_t slot) const {
  return std::ranges::any_of(view_.nodes, [&](const NodeView& node) {
    return node.routers[slot].role == vrrp::Role::kActive && world_.now() < node.disturbed_until;
  });
}

bool HandOverChecker::held_elsewhere(std::size_t node, const net::Prefix& prefix) const {
  for (std::size_t other = 0; other < view_.nodes.size(); ++other) {
    const auto& addresses = world_.node(other).kernel().truth().addresses;
    if (other != node &&
        std::ranges::find(addresses, prefix, &net::Address::prefix) != addresses.end()) {
      return true;
    }
  }
  return false;
}

void HandOverChecker::heard(std::size_t node, const PacketHeard& packet) {
  const AdvertView advert = read_advert(packet.packet, packet.family, packet.source);
  if (!packet.genuine || advert.slot >= kSlots) {
    return;
  }
  const RouterView& router = view_.nodes[node].routers[advert.slot];
  HandOver& own = hand_overs_[node][advert.slot];
  slowest_[node][advert.slot] = std::max(slowest_[node][advert.slot], advert.interval);
  if (advert.priority != 0) {
    learned_[node][advert.slot] = advert.interval;
  }
  if (advert.priority == 0) {
    own.began = packet.local;
    own.limit = std::max(own.limit, limit_of(router));
    return;
  }
  if (own.runs && std::ranges::none_of(view_.nodes, [&](const NodeView& other) {
        return other.routers[advert.slot].role == vrrp::Role::kActive;
      })) {
    own.successors = 0;  // a word that was long on its way looks like a successor's
  }
  if (advert.priority >= router.priority ||
      router.preemption.mode != vrrp::PreemptionMode::kImmediate) {
    // Whoever it is from: to this node somebody is Active, be it by an advert that the resignation
    // overtook.
    for (auto& hand_overs : hand_overs_) {
      hand_overs[advert.slot].successors &= ~(1U << node);
    }
  }
}

void HandOverChecker::changed(std::size_t node, const HandOverChanged& change) {
  const std::size_t slot = slot_of(change.vrid, change.family);
  if (slot >= kSlots) {
    return;
  }
  HandOver& hand_over = hand_overs_[node][slot];
  if (change.begins) {
    hand_over = {true, change.local, limit_of(view_.nodes[node].routers[slot]), 0};
    // Whose link is down resigns unheard.
    const bool is_heard = world_.node(node).kernel().interface_on(0) != net::InterfaceIndex{};
    std::uint32_t active = 0;  // it yields to this one, whether that one is well or not
    for (std::size_t other = 0; other < view_.nodes.size(); ++other) {
      const std::uint32_t bit = is_heard && can_follow(node, other, slot) ? 1U << other : 0U;
      hand_over.successors |= bit;
      const bool holds = view_.nodes[other].routers[slot].role == vrrp::Role::kActive;
      active |= other != node && holds ? 1U << other : 0U;
    }
    // One that yields gives way to somebody who is Active; should that one leave at once, nothing
    // is demanded.
    if (active != 0 || yielded_[node][slot]) {
      hand_over.successors &= active;
    }
    return;
  }
  const bool was_away = view_.nodes[node].resumed > hand_over.began;
  if (hand_over.runs && !was_away && change.local - hand_over.began > hand_over.limit) {
    findings_.report("hand-over-bound", world_.now(),
                     fmt::format("node {} handed vrid {} over for {} ns", node, vrid_of(slot / 2),
                                 (change.local - hand_over.began).count()));
  }
}

void HandOverChecker::gone(std::size_t node, const net::Prefix& prefix) {
  const std::size_t slot = slot_of_address(prefix);
  if (slot >= kSlots || !hand_overs_[node][slot].runs ||
      world_.now() < view_.nodes[node].disturbed_until || follower_hindered(slot)) {
    return;
  }
  for (std::size_t other = 0; other < view_.nodes.size(); ++other) {
    const bool could = (hand_overs_[node][slot].successors & 1U << other) != 0;
    if (could && can_follow(node, other, slot) && !held_elsewhere(node, prefix)) {
      findings_.report("make-before-break", world_.now(),
                       fmt::format("node {} let {} go and node {} does not have it yet", node,
                                   prefix.to_string(), other));
    }
  }
}

/// Somebody's virtual router began anew: it has not heard the resignation.
void HandOverChecker::cannot_follow(std::size_t node, std::uint32_t slots) {
  for (auto& hand_overs : hand_overs_) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      if ((slots & 1U << slot) != 0) {
        hand_overs[slot].successors &= ~(1U << node);
      }
    }
  }
}

/// Who stands for election again answers until its own turn, which a longer interval puts off.
void HandOverChecker::stands_longer(std::size_t node) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const RouterView& router = view_.nodes[node].routers[slot];
    if (router.role == vrrp::Role::kBackup) {
      HandOver& own = hand_overs_[node][slot];
      own.limit = std::max(own.limit, limit_of(router));
    }
  }
}

void HandOverChecker::note_yield(std::size_t node, const RoleChanged& role) {
  if (const std::size_t slot = slot_of(role.vrid, role.family); slot < kSlots) {
    learned_[node][slot] = {};
    yielded_[node][slot] = role.reason == vrrp::TransitionReason::kHigherPriority ||
                           role.reason == vrrp::TransitionReason::kHigherAddress;
    if (role.to == vrrp::Role::kInitialize) {
      // A check that fails meanwhile ends the hand-over at once. One that begins is told next.
      hand_overs_[node][slot].runs = false;
    }
  }
}

void HandOverChecker::see(const Happening& happening) {
  const std::size_t node = happening.node;
  if (const auto* change = std::get_if<HandOverChanged>(&happening.fact)) {
    changed(node, *change);
  } else if (const auto* packet = std::get_if<PacketHeard>(&happening.fact)) {
    heard(node, *packet);
  } else if (const auto* role = std::get_if<RoleChanged>(&happening.fact)) {
    note_yield(node, *role);
    if (const std::size_t slot = slot_of(role->vrid, role->family);
        slot < kSlots && role->to == vrrp::Role::kActive) {
      hand_overs_[node][slot].runs = false;
      for (auto& hand_overs : hand_overs_) {
        hand_overs[slot].successors &= 1U << node;  // the others wait again
      }
    } else if (slot < kSlots) {
      cannot_follow(node, 1U << slot);
      // A VIP that comes back to a node that has just let it go stands for election as a new one.
      hand_overs_[node][slot].runs &= role->reason != vrrp::TransitionReason::kStarted;
    }
  } else if (std::holds_alternative<ConfigAdopted>(happening.fact)) {
    cannot_follow(node, view_.settings_changed);
    stands_longer(node);
  } else if (const auto* address = std::get_if<AddressChanged>(&happening.fact)) {
    if (!address->present && address->ours) {
      gone(node, address->prefix);
    }
  } else if (const auto* life = std::get_if<LifeChanged>(&happening.fact)) {
    cannot_follow(node, UINT32_MAX);
    if (life->life == Life::kStarted || life->life == Life::kCrashed) {
      hand_overs_[node] = {};
      learned_[node] = {};
    }
  }
}

}  // namespace keelvip::sim
