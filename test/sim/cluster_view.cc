#include "cluster_view.h"

#include <algorithm>

namespace keelvip::sim {
namespace {

std::uint32_t number(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

/// Takes over what `config` says; true if it is something else than before.
bool follow(RouterView& view, const vrrp::RouterConfig& config) {
  const vrrp::RouterSettings& settings = config.settings;
  RouterView next = view;
  next.configured = true;
  next.participates = config.participate;
  next.version = settings.version;
  next.priority = settings.priority.value;
  next.interval = settings.advert_interval;
  next.preemption = settings.preemption;
  next.interface = settings.interface;
  next.primary = settings.primary;
  next.password = settings.password;
  const bool same = view.configured && view.participates == next.participates &&
                    view.priority == next.priority && view.interval == next.interval &&
                    view.preemption == next.preemption && view.primary == next.primary &&
                    view.interface == next.interface && view.accepts(next);
  view = next;
  return !same;
}

}  // namespace

AdvertView read_advert(std::span<const std::byte> packet, net::Family family,
                       const net::IpAddress& source) {
  AdvertView advert;
  std::span<const std::byte> message = packet;
  advert.source = source;
  if (family == net::Family::kIpv4) {
    advert.source = net::IpAddress::from_bytes(family, packet.subspan(12, 4));
    message = packet.subspan((number(packet, 0) & 0x0fU) * 4UL);
  }
  advert.version = static_cast<std::uint8_t>(number(message, 0) >> 4U);
  advert.slot = slot_of({static_cast<std::uint8_t>(number(message, 1))}, family);
  advert.priority = static_cast<std::uint8_t>(number(message, 2));
  if (advert.version == 3) {
    const std::uint32_t interval = (number(message, 4) & 0x0fU) << 8U | number(message, 5);
    advert.interval = base::Centiseconds{interval};
  } else {
    advert.interval = base::Centiseconds{number(message, 5) * 100};
    if (number(message, 4) == 1) {
      advert.password.emplace();
      std::ranges::copy(message.last(8), advert.password->begin());
    }
  }
  return advert;
}

void ClusterView::adopt(NodeView& node, const vrrp::SpeakerConfig& config) {
  settings_changed = 0;
  std::uint32_t found = 0;
  for (const vrrp::RouterConfig& router : config.routers) {
    const std::size_t slot = slot_of(router.settings.vrid, router.settings.family);
    if (slot < kSlots) {
      found |= 1U << slot;
      settings_changed |= follow(node.routers[slot], router) ? 1U << slot : 0U;
    }
  }
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if ((found & 1U << slot) == 0 && node.routers[slot].configured) {
      node.routers[slot] = {};
      settings_changed |= 1U << slot;
    }
  }
}

void ClusterView::see(const Happening& happening) {
  if (happening.node >= nodes.size()) {
    return;
  }
  NodeView& node = nodes[happening.node];
  if (const auto* config = std::get_if<ConfigAdopted>(&happening.fact)) {
    adopt(node, *config->config);
  } else if (const auto* role = std::get_if<RoleChanged>(&happening.fact)) {
    if (const std::size_t slot = slot_of(role->vrid, role->family); slot < kSlots) {
      node.routers[slot].role = role->to;
    }
  } else if (const auto* hand_over = std::get_if<HandOverChanged>(&happening.fact)) {
    if (const std::size_t slot = slot_of(hand_over->vrid, hand_over->family); slot < kSlots) {
      node.routers[slot].hands_over = hand_over->begins;
    }
  } else if (const auto* life = std::get_if<LifeChanged>(&happening.fact)) {
    node.frozen = life->life == Life::kPaused;
    if (life->life == Life::kResumed) {
      node.resumed = life->local;
    }
    node.alive = life->life != Life::kCrashed && life->life != Life::kExited;
    if (!node.alive || life->life == Life::kStarted) {
      node.routers = {};
    }
  }
}

}  // namespace keelvip::sim
