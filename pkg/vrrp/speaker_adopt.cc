// The half of the Speaker that follows the controller's config.

#include <algorithm>
#include <functional>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::vrrp {

using base::Instant;

void Speaker::adopt(const SpeakerConfig& config, Instant now) {
  KEELVIP_CHECK(std::ranges::adjacent_find(config.routers, std::greater_equal{},
                                           &RouterConfig::id) == config.routers.end());
  config_revision_ = config.revision;
  expires_ = config.expires;
  const bool resume = expired_ && now < expires_;
  expired_ = expired_ && !resume;

  const bool same_routers = std::ranges::equal(
      routers_, config.routers, {}, [](const auto& router) { return router->config().id; },
      &RouterConfig::id);
  if (!same_routers) {
    restructure(config, now);
  }
  for (std::uint32_t i = 0; i < routers_.size(); ++i) {
    if (routers_[i]->config() != config.routers[i]) {
      reconfigure(i, config.routers[i], now);
    } else if (resume || !same_routers) {
      start_if_able(i, now);
    }
  }
  if (index_stale_) {
    rebuild_index();
  }
  count_active_addresses();
}

/// From scratch: routers may have gone, and others may have other addresses.
void Speaker::count_active_addresses() {
  active_addresses_ = 0;
  for (const auto& router : routers_) {
    if (router->state().role == Role::kActive) {
      active_addresses_ += router->addresses().in_order().size();
    }
  }
}

/// Routers that are gone resign before others start, which may have taken their VRID over.
void Speaker::restructure(const SpeakerConfig& config, Instant now) {
  std::vector<std::unique_ptr<Router>> before = std::exchange(routers_, {});
  auto old = before.begin();
  for (const RouterConfig& wanted : config.routers) {
    for (; old != before.end() && (*old)->config().id < wanted.id; ++old) {
      role_changes_ += (*old)->handle(Stopped{}, now, frames_) ? 1U : 0U;
    }
    if (old != before.end() && (*old)->config().id == wanted.id) {
      routers_.push_back(std::move(*old));
      ++old;
    } else {
      routers_.push_back(std::make_unique<Router>(wanted, now));
    }
  }
  for (; old != before.end(); ++old) {
    role_changes_ += (*old)->handle(Stopped{}, now, frames_) ? 1U : 0U;
  }
  adverts_.reset(routers_.size());
  takeover_.reset(routers_.size());
  repeats_.reset(routers_.size());
  first_announcements_.clear();
  first_announcements_.reserve(routers_.size());
  first_announcements_since_ = base::kNever;
  awaits_first_.assign(routers_.size(), false);
  for (std::uint32_t i = 0; i < routers_.size(); ++i) {
    schedule(i, now);
  }
  index_stale_ = true;
}

void Speaker::rebuild_index() {
  index_.reset(routers_.size());
  for (std::uint32_t i = 0; i < routers_.size(); ++i) {
    const RouterSettings& settings = routers_[i]->settings();
    index_.add(settings.interface, settings.family, settings.vrid, i);
  }
  index_stale_ = false;
}

void Speaker::start_if_able(std::uint32_t index, Instant now) {
  if (!expired_ && now < expires_ && able_to_participate(routers_[index]->config()) &&
      routers_[index]->state().role == Role::kInitialize) {
    dispatch(index, Started{}, now);
  }
}

void Speaker::reconfigure(std::uint32_t index, const RouterConfig& config, Instant now) {
  Router& router = *routers_[index];
  const bool another = !same_virtual_router(router.settings(), config.settings);
  if (another || !able_to_participate(config)) {
    // By the settings that it was Active with: the new ones may not even have a source address.
    dispatch(index, Stopped{.hand_over = config.hand_over && !another}, now);
  }
  router.configure(config, now);
  ++rewordings_;
  if (another) {
    router.forget_peers();
    index_stale_ = true;
  }
  if (router.state().role == Role::kInitialize) {
    start_if_able(index, now);
  } else {
    dispatch(index, SettingsChanged{}, now);
  }
}

/// The dead-man's switch: the controller is silent, so nobody looks after the addresses.
void Speaker::expire(Instant now) {
  expired_ = true;
  for (std::uint32_t i = 0; i < routers_.size(); ++i) {
    dispatch(i, Stopped{TransitionReason::kConfigExpired}, now);
  }
}

}  // namespace keelvip::vrrp
