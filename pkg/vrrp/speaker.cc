#include "pkg/vrrp/speaker.h"

#include <algorithm>
#include <optional>

#include "pkg/vrrp/admit.h"
#include "pkg/vrrp/counting.h"
#include "pkg/vrrp/decode.h"

namespace keelvip::vrrp {

using base::Duration;
using base::Instant;

namespace {

/// A router in Initialize hears nobody (RFC 9568 6.4.1), but for the successor it hands over to.
bool listens(const Router& router) {
  return router.state().role != Role::kInitialize || hands_over(router.state());
}

}  // namespace

void Speaker::dispatch(std::uint32_t index, const Event& event, Instant now) {
  Router& router = *routers_[index];
  const bool was_active = router.state().role == Role::kActive;
  if (router.handle(event, now, frames_)) {
    ++role_changes_;
    const bool is_active = router.state().role == Role::kActive;
    const std::size_t addresses = router.addresses().in_order().size();
    active_addresses_ += is_active && !was_active ? addresses : 0;
    active_addresses_ -= was_active && !is_active ? addresses : 0;
  }
  schedule(index, now);
}

void Speaker::schedule(std::uint32_t index, Instant now) {
  Router& router = *routers_[index];
  const RouterState& state = router.state();
  adverts_.set(index, state.role == Role::kActive ? state.deadline : base::kNever);
  takeover_.set(index, state.role == Role::kActive ? base::kNever : wakes_at(state));
  repeats_.set(index, router.announcer().deadline());
  if (router.announcer().has_first() && !awaits_first_[index]) {
    awaits_first_[index] = true;
    first_announcements_.push_back(index);
    first_announcements_since_ = std::min(first_announcements_since_, now);
  }
}

void Speaker::reject(Rejection rejection, Router* router, const net::ReceivedPacket& packet,
                     Instant now) {
  if (router != nullptr && !listens(*router)) {
    return;  // Not listening: nothing is wrong with what it does not hear.
  }
  count(rejection, router == nullptr ? nullptr : &router->statistics(), statistics_);
  if (router != nullptr) {
    router->rejected(rejection, packet, now);
  }
}

void Speaker::receive(const net::ReceivedPacket& packet, Instant now) {
  if (!expired_ && now >= expires_) {
    // After a stall: who is about to resign must not make others yield to it first.
    expire(now);
  }
  ++statistics_.packets_received;
  const std::optional<VirtualRouterId> vrid = peek_vrid(packet);
  const std::optional<std::uint32_t> index =
      vrid ? index_.find(packet.interface, packet.family, *vrid) : std::nullopt;
  Router* router = index ? routers_[*index].get() : nullptr;

  const auto advert = decode(packet, router == nullptr ? Expectation{} : router->expectation());
  if (!advert) {
    reject(advert.error(), router, packet, now);
    return;
  }
  if (router == nullptr) {
    reject(Rejection::kUnknownRouter, router, packet, now);
    meet(*advert, packet.interface, now);
    return;
  }
  if (!listens(*router)) {
    return;
  }
  const auto admission = admit(router->settings(), router->addresses(), *advert);
  if (!admission) {
    reject(admission.error(), router, packet, now);
    return;
  }
  const std::uint64_t wording = router->rewordings();
  router->accepted(*advert, *admission, now);
  rewordings_ += router->rewordings() - wording;
  dispatch(*index, AdvertisementReceived{advert->priority, advert->interval, advert->source}, now);
}

/// Who resigns claims no address any more.
void Speaker::meet(const Advertisement& advert, net::InterfaceIndex interface, Instant now) {
  if (advert.priority == kResign || advert.address_count == 0) {
    return;
  }
  strangers_.put({.interface = interface,
                  .family = advert.family,
                  .vrid = advert.vrid,
                  .source = advert.source,
                  .first_address = net::IpAddress::from_bytes(
                      advert.family, advert.address_list.first(address_size(advert.family))),
                  .advert_interval = advert.interval,
                  .last_heard = now});
}

void Speaker::record_lateness(Instant now) {
  const Instant due = std::min(adverts_.earliest(), takeover_.earliest());
  if (due > now) {
    return;
  }
  const Duration late = now - due;
  const auto& bounds = LatenessHistogram::kBoundsNanoseconds;
  const auto bucket = std::ranges::lower_bound(bounds, late.count()) - bounds.begin();
  ++lateness_.buckets[static_cast<std::size_t>(bucket)];
  lateness_.sum += late;
}

void Speaker::take_over(Instant now) {
  while (takeover_.earliest() <= now) {
    dispatch(takeover_.front(), DeadlineReached{}, now);
  }
}

/// Each advert moves its own deadline beyond the window, so this ends.
void Speaker::advertise(Instant now) {
  if (adverts_.earliest() > now) {
    return;
  }
  for (;;) {
    const Instant due = adverts_.earliest();
    if (due > now) {
      if (due == base::kNever || due - now > kBatchWindow) {
        return;
      }
      const Duration interval = routers_[adverts_.front()]->settings().advert_interval;
      if (due - now > interval / 100) {
        return;
      }
    }
    const std::uint32_t index = adverts_.front();
    dispatch(index, DeadlineReached{}, now);
    routers_[index]->accompany(now, active_addresses_ * kAnnouncementPace, frames_);
    repeats_.set(index, routers_[index]->announcer().deadline());
  }
}

void Speaker::announce(Instant now) {
  std::size_t room = kAnnouncementsPerTurn;
  auto served = first_announcements_.begin();
  while (served != first_announcements_.end() && room > 0) {
    Router& router = *routers_[*served];
    room -= router.announce_first(now, room, frames_);
    repeats_.set(*served, router.announcer().deadline());
    if (router.announcer().has_first()) {
      break;
    }
    awaits_first_[*served] = false;
    ++served;
  }
  first_announcements_.erase(first_announcements_.begin(), served);
  if (first_announcements_.empty()) {
    first_announcements_since_ = base::kNever;
  }
  while (first_announcements_.empty() && room > 0 && repeats_.earliest() <= now) {
    const std::uint32_t index = repeats_.front();
    room -= routers_[index]->announce_due(now, room, frames_);
    repeats_.set(index, routers_[index]->announcer().deadline());
  }
}

void Speaker::advance(Instant now) {
  advanced_ = now;
  if (!expired_ && now >= expires_) {
    expire(now);
  }
  record_lateness(now);
  take_over(now);
  advertise(now);
  announce(now);
}

Instant Speaker::next_deadline() const {
  Instant next = std::min(
      {adverts_.earliest(), takeover_.earliest(), repeats_.earliest(), first_announcements_since_});
  return expired_ ? next : std::min(next, expires_);
}

void Speaker::last_words(net::FrameBatch& out) const {
  for (const auto& router : routers_) {
    router->last_words(out);
  }
}

void Speaker::report(SpeakerReport& out) const {
  out.made = advanced_;
  out.config_revision = config_revision_;
  out.routers.resize(routers_.size());
  for (std::size_t i = 0; i < routers_.size(); ++i) {
    routers_[i]->report(out.routers[i]);
  }
  strangers_.copy_to(out.strangers);
  out.statistics = statistics_;
  out.lateness = lateness_;
}

}  // namespace keelvip::vrrp
