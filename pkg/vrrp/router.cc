#include "pkg/vrrp/router.h"

#include <algorithm>

#include "pkg/base/overloaded.h"

namespace keelvip::vrrp {
namespace {

ChecksumForm initial_form(ChecksumPolicy policy) {
  // Until a peer has shown what it speaks: most that do not take both forms (keepalived and FRR by
  // default among them) want the pseudo-header.
  return policy == ChecksumPolicy::kMessageOnly ? ChecksumForm::kMessageOnly
                                                : ChecksumForm::kPseudoHeader;
}

}  // namespace

bool able_to_participate(const RouterConfig& config) {
  const RouterSettings& settings = config.settings;
  return config.participate && !settings.addresses.empty() &&
         settings.addresses.size() <= kMaxAddresses &&
         settings.primary.family() == settings.family && !settings.primary.is_unspecified() &&
         settings.advert_interval.count() > 0 &&
         std::ranges::all_of(settings.addresses, [&](const AdvertisedAddress& advertised) {
           return advertised.address.family() == settings.family;
         });
}

Router::Router(const RouterConfig& config, base::Instant now) {
  configure(config, now);
  forget_peers();
}

void Router::configure(const RouterConfig& config, base::Instant now) {
  const bool policy_changed = config.settings.checksum != config_.settings.checksum;
  if (!admit_alike(config.settings, config_.settings)) {
    last_rejected_.reset();  // that was by other settings
  }
  config_ = config;
  const RouterSettings& settings = config_.settings;
  addresses_.assign(settings.addresses);
  announcer_.configure(settings, now);
  expectation_ = {.transport = Transport::kMulticast,
                  .version = settings.version,
                  .own_address = settings.primary,
                  .checksum = settings.checksum,
                  .require_link_local_source = settings.acceptance.require_link_local};
  if (policy_changed) {
    form_ = initial_form(settings.checksum);
  }
  reword();
}

void Router::forget_peers() {
  peers_ = {};
  last_rejected_.reset();
  form_ = initial_form(config_.settings.checksum);
  reword();
}

void Router::reword() {
  advert_stale_ = true;
  ++rewordings_;
}

MessageFields Router::fields(Priority priority) const {
  const RouterSettings& settings = config_.settings;
  MessageFields fields{.version = settings.version,
                       .family = settings.family,
                       .vrid = settings.vrid,
                       .priority = priority,
                       .interval = settings.advert_interval};
  if (settings.password) {
    fields.auth_type = static_cast<std::uint8_t>(AuthType::kSimpleText);
    fields.auth_data = *settings.password;
  }
  return fields;
}

void Router::encode(Priority priority, std::span<std::byte> out) const {
  encode_frame(fields(priority), addresses_.in_order(), form_, config_.settings.mac,
               config_.settings.primary, out);
}

void Router::send(Priority priority, net::FrameBatch& frames) {
  const std::size_t size = frame_size(fields(priority), addresses_.in_order().size());
  ++statistics_.advertisement_sent;
  if (priority != config_.settings.priority) {
    statistics_.priority_zero_pkts_sent += priority == kResign ? 1U : 0U;
    encode(priority, frames.append(config_.settings.interface, size));
    return;
  }
  if (advert_stale_) {
    advert_.resize(size);
    encode(priority, advert_);
    advert_stale_ = false;
  }
  frames.append(config_.settings.interface, advert_);
}

void Router::last_words(net::FrameBatch& frames) const {
  if (state_.role == Role::kActive && config_.settings.priority != kOwner) {
    const std::size_t size = frame_size(fields(kResign), addresses_.in_order().size());
    encode(kResign, frames.append(config_.settings.interface, size));
  }
}

void Router::role_changed(Role from) {
  if (state_.role == Role::kActive) {
    ++statistics_.master_transitions;
    announcer_.start();
  } else if (from == Role::kActive) {
    announcer_.stop();
  }
}

bool Router::handle(const Event& event, base::Instant now, net::FrameBatch& frames) {
  const Outcome outcome = step(config_.settings, state_, event, now);
  bool changed = hands_over(outcome.next) != hands_over(state_);
  state_ = outcome.next;
  for (const Action& action : outcome.actions) {
    std::visit(base::overloaded{[&](const SendAdvertisement& a) { send(a.priority, frames); },
                                [&](const RoleChanged& a) {
                                  role_changed(a.from);
                                  changed = true;
                                },
                                [&](const AnnounceAddresses&) { announcer_.repeat(now); }},
               action);
  }
  return changed;
}

/// A form is learned from adverts that fit only one.
void Router::learn_form(const VerifiedForms& forms) {
  if (forms.message_only == forms.pseudo_header) {
    return;
  }
  const ChecksumForm form =
      forms.message_only ? ChecksumForm::kMessageOnly : ChecksumForm::kPseudoHeader;
  ++(forms.message_only ? statistics_.checksum_form_message_only
                        : statistics_.checksum_form_pseudo_header);
  if (config_.settings.checksum == ChecksumPolicy::kAuto && form != form_) {
    form_ = form;
    reword();
  }
}

void Router::accepted(const Advertisement& advert, const Admission& admission, base::Instant now) {
  ++statistics_.advertisement_rcvd;
  statistics_.priority_zero_pkts_rcvd += advert.priority == kResign ? 1U : 0U;
  statistics_.interval_errors += admission.interval_differs ? 1U : 0U;
  statistics_.address_list_errors += admission.addresses_differ ? 1U : 0U;
  if (state_.role == Role::kActive && advert.priority != kResign &&
      advert.priority < config_.settings.priority) {
    ++statistics_.inferior_while_active;
  }
  learn_form(advert.forms);
  peers_.put({.address = advert.source,
              .priority = advert.priority,
              .advert_interval = advert.interval,
              .version = advert.version,
              .last_heard = now,
              .addresses_differ = admission.addresses_differ && advert.priority != kResign});
}

void Router::rejected(Rejection rejection, const net::ReceivedPacket& packet, base::Instant now) {
  last_rejected_ = RejectedAdvert{rejection, peek_source(packet).value_or(net::IpAddress{}), now};
}

std::size_t Router::announce_first(base::Instant now, std::size_t limit, net::FrameBatch& frames) {
  const std::size_t count = announcer_.send_first(now, limit, frames);
  statistics_.announcements_sent += count;
  return count;
}

std::size_t Router::announce_due(base::Instant now, std::size_t limit, net::FrameBatch& frames) {
  const std::size_t count = announcer_.send_due(now, limit, frames);
  statistics_.announcements_sent += count;
  return count;
}

void Router::accompany(base::Instant now, base::Duration gap, net::FrameBatch& frames) {
  statistics_.announcements_sent += announcer_.accompany(now, gap, frames);
}

void Router::report(RouterReport& out) const {
  out.id = config_.id;
  out.role = state_.role;
  out.since = state_.since;
  out.reason = state_.reason;
  out.hands_over = hands_over(state_);
  out.active_advert_interval = state_.active_interval;
  out.preempt_not_before = preempt_not_before(config_.settings, state_);
  peers_.copy_to(out.peers);
  out.last_rejected = last_rejected_;
  out.statistics = statistics_;
}

}  // namespace keelvip::vrrp
