#include "pkg/reconcile/speaker_setup.h"

#include <algorithm>
#include <utility>

namespace keelvip::reconcile {
namespace {

template <typename T>
bool set(T& where, const T& value) {
  if (where == value) {
    return false;
  }
  where = value;
  return true;
}

/// 0 unless the address is there. An owner's addresses are always there.
std::uint32_t generation_of(const AddressTrack& track, bool owner) {
  if (owner) {
    return 1;
  }
  return track.present ? track.generation : 0;
}

bool update_router(State& state, std::uint32_t position) {
  const AssignedRouter& assigned = state.assignment.routers[position];
  const DesiredRouter& desired = state.desired.routers[position];
  RouterTrack& track = state.routers[position];
  vrrp::RouterConfig& config = state.config.routers[position];

  const bool participated = config.participate;
  // Where nothing is heard the Speaker's thread tries to listen for as long as it should take part.
  const bool participates =
      desired.fitness == Fitness::kFit || desired.fitness == Fitness::kCannotListen;
  bool changed = set(config.participate, participates);
  if (!participates) {
    return set(config.hand_over, desired.hand_over) || changed;
  }
  changed = set(config.group_losses, desired.group_losses) || changed;
  vrrp::RouterSettings& settings = config.settings;
  const net::InterfaceIndex spoke_on = settings.interface;
  if (!std::exchange(track.settings_current, true)) {
    vrrp::RouterSettings fresh = assigned.settings;
    // What only rounds know is compared below.
    fresh.interface = settings.interface;
    fresh.primary = settings.primary;
    fresh.mac = settings.mac;
    fresh.priority = settings.priority;
    changed = set(settings, fresh) || changed;
  }
  changed = set(settings.interface, desired.interface) || changed;
  changed = set(settings.primary, desired.primary) || changed;
  changed = set(settings.mac, desired.mac) || changed;
  changed = set(settings.priority, desired.priority) || changed;
  const bool owner = state.assignment.is_owner(position);
  for (std::size_t i = 0; i < settings.addresses.size(); ++i) {
    changed =
        set(settings.addresses[i].announce_generation, generation_of(track.addresses[i], owner)) ||
        changed;
  }
  if (participated && spoke_on != settings.interface) {
    track.interface_revision = state.config.revision + 1;
  }
  return changed;
}

}  // namespace

bool seat_routers(State& state) {
  std::vector<vrrp::RouterConfig> before = std::exchange(state.config.routers, {});
  std::size_t kept = 0;
  for (const AssignedRouter& assigned : state.assignment.routers) {
    const auto at = std::ranges::lower_bound(before, assigned.id, {}, &vrrp::RouterConfig::id);
    if (at != before.end() && at->id == assigned.id) {
      state.config.routers.push_back(std::move(*at));
      ++kept;
    } else {
      state.config.routers.push_back({assigned.id, false, false, assigned.settings});
    }
  }
  return kept != before.size() || kept != state.config.routers.size();
}

bool update_config(State& state) {
  bool changed = false;
  for (std::uint32_t i = 0; i < state.assignment.routers.size(); ++i) {
    changed = update_router(state, i) || changed;
  }
  return changed;
}

}  // namespace keelvip::reconcile
