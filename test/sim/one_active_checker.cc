#include "one_active_checker.h"

#include <algorithm>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;

/// What threads and gathering of bursts may add.
constexpr Duration kSlack = milliseconds(3);

}  // namespace

OneActiveChecker::OneActiveChecker(const World& world, const ClusterView& view, Findings& findings)
    : world_(world), view_(view), findings_(findings) {
  for (auto& a : since_) {
    for (auto& b : a) {
      b.fill(base::kNever);
    }
  }
  for (auto& node : spoke_) {
    node.fill(base::kNever);
  }
}

bool OneActiveChecker::both(std::size_t a, std::size_t b, std::size_t slot) const {
  const NodeView& one = view_.nodes[a];
  const NodeView& two = view_.nodes[b];
  const RouterView& left = one.routers[slot];
  const RouterView& right = two.routers[slot];
  // Its interface may have been deleted and created again, and it may not know that yet.
  const auto on_lan = [&](std::size_t node) {
    const net::InterfaceIndex interface = view_.nodes[node].routers[slot].interface;
    return interface != net::InterfaceIndex{} &&
           world_.node(node).kernel().interface_on(0) == interface;
  };
  return left.role == vrrp::Role::kActive && right.role == vrrp::Role::kActive && one.alive &&
         two.alive && !one.frozen && !two.frozen && left.accepts(right) && right.accepts(left) &&
         world_.segment(0).path(a, b).clean() && world_.segment(0).path(b, a).clean() &&
         on_lan(a) && on_lan(b);
}

Duration OneActiveChecker::bound(std::size_t a, std::size_t b, std::size_t slot) const {
  const Duration interval =
      std::max(view_.nodes[a].routers[slot].interval, view_.nodes[b].routers[slot].interval);
  return interval + interval / 100 + 2 * longest_delay_ + kSlack;
}

void OneActiveChecker::look(bool settings_changed) {
  next_ = base::kNever;
  for (std::size_t a = 0; a < view_.nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < view_.nodes.size(); ++b) {
      for (std::size_t slot = 0; slot < kSlots; ++slot) {
        Instant& since = since_[a][b][slot];
        if (!both(a, b, slot)) {
          since = base::kNever;
          continue;
        }
        if (since == base::kNever || settings_changed) {
          since = world_.now();
        }
        next_ = std::min(next_, since + bound(a, b, slot));
      }
    }
  }
}

void OneActiveChecker::check() {
  for (std::size_t a = 0; a < view_.nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < view_.nodes.size(); ++b) {
      for (std::size_t slot = 0; slot < kSlots; ++slot) {
        const Instant since = since_[a][b][slot];
        if (since != base::kNever && world_.now() >= since + bound(a, b, slot)) {
          findings_.report("one-active", world_.now(),
                           fmt::format("nodes {} and {} are both Active of vrid {} since {} ns", a,
                                       b, vrid_of(slot / 2), since.time_since_epoch().count()));
        }
      }
    }
  }
  next_ = base::kNever;
}

void OneActiveChecker::disturbed(Duration longest_delay) {
  longest_delay_ = std::max(longest_delay, longest_delay_);
  look(true);
  longest_delay_ = longest_delay;
}

void OneActiveChecker::sent(std::size_t node, const FrameSent& frame) {
  if (frame.frame[12] == std::byte{0x08} && frame.frame[13] == std::byte{0x06}) {
    return;
  }
  const bool ipv4 = frame.frame[12] == std::byte{0x08};
  if (!ipv4 && frame.frame[14 + 6] != std::byte{112}) {
    return;
  }
  const AdvertView advert = read_advert(frame.frame.subspan(ipv4 ? 14 : 54),
                                        ipv4 ? net::Family::kIpv4 : net::Family::kIpv6, {});
  if (advert.slot >= kSlots || advert.priority == 0) {
    return;
  }
  Instant& spoke = spoke_[node][advert.slot];
  const Instant now = world_.node(node).clock().local(world_.now());
  const Duration interval(advert.interval);
  const bool was_away = view_.nodes[node].resumed > spoke;
  if (was_away && now - spoke > 5 * interval && spoke != base::kNever) {
    findings_.report("stall-rule", world_.now(),
                     fmt::format("node {} was away for {} ns and still takes itself for Active",
                                 node, (now - spoke).count()));
  }
  if (!was_away && spoke != base::kNever && now > spoke + interval + kSlack) {
    findings_.report("advert-pace", world_.now(),
                     fmt::format("node {} said nothing of vrid {} for {} ns", node,
                                 vrid_of(advert.slot / 2), (now - spoke).count()));
  }
  if (view_.nodes[node].routers[advert.slot].role == vrrp::Role::kActive) {
    spoke = now;
  }
}

void OneActiveChecker::see(const Happening& happening) {
  if (const auto* frame = std::get_if<FrameSent>(&happening.fact)) {
    sent(happening.node, *frame);
    return;
  }
  if (std::holds_alternative<PacketHeard>(happening.fact)) {
    return;
  }
  bool settings = false;
  if (const auto* role = std::get_if<RoleChanged>(&happening.fact)) {
    if (const std::size_t slot = slot_of(role->vrid, role->family); slot < kSlots) {
      spoke_[happening.node][slot] = role->to == vrrp::Role::kActive ? role->local : base::kNever;
    }
  } else if (std::holds_alternative<ConfigAdopted>(happening.fact)) {
    if (view_.settings_changed == 0) {
      return;
    }
    settings = true;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      if ((view_.settings_changed & 1U << slot) != 0) {
        spoke_[happening.node][slot] = base::kNever;
      }
    }
  } else if (std::holds_alternative<LifeChanged>(happening.fact) ||
             std::holds_alternative<LinkChanged>(happening.fact)) {
    settings = true;
    const auto* life = std::get_if<LifeChanged>(&happening.fact);
    const bool goes_on =
        life != nullptr && (life->life == Life::kPaused || life->life == Life::kResumed);
    if (happening.node < kMaxNodes && !goes_on) {
      spoke_[happening.node].fill(base::kNever);
    }
  } else {
    return;
  }
  look(settings);
}

}  // namespace keelvip::sim
