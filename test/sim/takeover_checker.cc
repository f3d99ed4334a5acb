#include "takeover_checker.h"

#include <algorithm>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::microseconds;

/// (256 - priority) 256ths of the Active's interval; in version 2 of a second.
Duration skew_of(const RouterView& router, base::Centiseconds interval) {
  const Duration whole =
      router.version == vrrp::Version::kV2 ? Duration(std::chrono::seconds(1)) : Duration(interval);
  return whole * (256 - router.priority) / 256;
}

bool never_preempts(const RouterView& router) {
  return router.preemption.mode == vrrp::PreemptionMode::kNever;
}

}  // namespace

Instant TakeoverChecker::deadline(const RouterView& router, const Timer& timer) const {
  const base::Centiseconds interval = timer.learned ? timer.interval : router.interval;
  const Duration skew = skew_of(router, interval);
  return timer.base + (timer.resigned ? skew : 3 * Duration(interval) + skew);
}

/// How late a thread may be, by a clock that may run fast.
Duration TakeoverChecker::slack() const {
  const Duration wake = microseconds(50);
  return wake + wake / 50 + Duration{2};
}

void TakeoverChecker::report(std::size_t node, std::size_t slot, const std::string& text) {
  findings_.report("takeover-time", world_.now(),
                   fmt::format("node {} vrid {}: {}", node, vrid_of(slot / 2), text));
}

void TakeoverChecker::overdue(std::size_t node, std::size_t slot, Instant local) {
  const Timer& timer = timers_[node][slot];
  if (!timer.runs || view_.nodes[node].frozen) {
    return;
  }
  const Instant due = deadline(view_.nodes[node].routers[slot], timer);
  if (local > std::max(due, timer.excuse) + slack()) {
    report(node, slot, fmt::format("should have taken over {} ns ago", (local - due).count()));
  }
}

void TakeoverChecker::heard(std::size_t node, const PacketHeard& packet) {
  const AdvertView advert = read_advert(packet.packet, packet.family, packet.source);
  if (!packet.genuine || advert.slot >= kSlots) {
    return;
  }
  // What still waits in the socket of an interface that was deleted is for another virtual router.
  if (packet.interface != view_.nodes[node].routers[advert.slot].interface) {
    return;
  }
  last_[node] = advert;
  last_heard_[node] = packet.local;
  take(node, advert, packet.local);
}

/// What a Backup makes of an advert.
void TakeoverChecker::take(std::size_t node, const AdvertView& advert, Instant local) {
  Timer& timer = timers_[node][advert.slot];
  const RouterView& router = view_.nodes[node].routers[advert.slot];
  const bool accepted = advert.version == static_cast<std::uint8_t>(router.version) &&
                        advert.source != router.primary &&
                        (advert.version == 3 || (advert.password == router.password &&
                                                 advert.interval == router.interval));
  if (!timer.runs || !accepted) {
    return;
  }
  if (advert.priority == 0) {
    timer.resigned = true;
    timer.base = local;
    return;
  }
  if (advert.priority >= router.priority) {
    timer.inferior_since = base::kNever;
  } else if (!never_preempts(router)) {
    if (router.preemption.mode == vrrp::PreemptionMode::kImmediate) {
      return;
    }
    timer.inferior_since = std::min(timer.inferior_since, local);
    if (local >= timer.inferior_since + router.preemption.delay) {
      return;
    }
  }
  timer.resigned = false;
  timer.base = local;
  if (advert.version == 3) {
    timer.learned = true;
    timer.interval = advert.interval;
  }
}

void TakeoverChecker::changed_role(std::size_t node, const RoleChanged& role) {
  const std::size_t slot = slot_of(role.vrid, role.family);
  if (slot >= kSlots) {
    return;
  }
  Timer& timer = timers_[node][slot];
  if (role.from == vrrp::Role::kBackup && role.to == vrrp::Role::kActive && timer.runs) {
    const Instant due = deadline(view_.nodes[node].routers[slot], timer);
    if (role.local < due) {
      report(node, slot, fmt::format("took over {} ns early", (due - role.local).count()));
    }
    overdue(node, slot, role.local);
  }
  timer = Timer{.runs = role.to == vrrp::Role::kBackup,
                .interface = timer.interface,
                .base = role.local,
                .excuse = timer.excuse};
  if (role.reason == vrrp::TransitionReason::kPriorityLowered) {
    timer.resigned = true;  // by itself: whoever is best now follows within its skew
  }
  if (role.reason == vrrp::TransitionReason::kStalled && last_heard_[node] == role.local &&
      last_[node].slot == slot) {
    take(node, last_[node], role.local);  // it stepped down before it looked at this advert
  }
  const bool yielded = role.reason == vrrp::TransitionReason::kHigherPriority ||
                       role.reason == vrrp::TransitionReason::kHigherAddress;
  if (timer.runs && yielded && last_[node].version == 3) {
    timer.learned = true;
    timer.interval = last_[node].interval;
  }
}

/// Settings that bring the deadline forward are acted on when they come.
void TakeoverChecker::adopted(std::size_t node, Instant local) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if ((view_.settings_changed & 1U << slot) == 0) {
      continue;
    }
    Timer& timer = timers_[node][slot];
    const RouterView& router = view_.nodes[node].routers[slot];
    if (timer.interface != router.interface) {  // it is another virtual router, which starts now
      timer = Timer{.runs = timer.runs, .interface = router.interface, .base = local};
    }
    timer.excuse = local;
    // The Backup of a virtual IP that was replaced by another one goes without a word.
    timer.runs = timer.runs && router.configured && router.participates;
  }
}

void TakeoverChecker::see(const Happening& happening) {
  const std::size_t node = happening.node;
  if (const auto* packet = std::get_if<PacketHeard>(&happening.fact)) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      overdue(node, slot, packet->local);
    }
    heard(node, *packet);
  } else if (const auto* role = std::get_if<RoleChanged>(&happening.fact)) {
    changed_role(node, *role);
  } else if (const auto* config = std::get_if<ConfigAdopted>(&happening.fact)) {
    adopted(node, config->local);
  } else if (const auto* life = std::get_if<LifeChanged>(&happening.fact)) {
    for (Timer& timer : timers_[node]) {
      if (life->life == Life::kResumed) {
        timer.excuse = world_.node(node).clock().local(world_.now());
      } else if (life->life != Life::kPaused) {
        timer = {};
      }
    }
  }
}

void TakeoverChecker::finish() {
  for (std::size_t node = 0; node < timers_.size(); ++node) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      overdue(node, slot, world_.node(node).clock().local(world_.now()));
    }
  }
}

}  // namespace keelvip::sim
