#include "pkg/reconcile/address_watch.h"

#include <string>
#include <tuple>
#include <utility>

namespace keelvip::reconcile {
namespace {

/// Lent for another time than it should be: the spec has changed.
void lend(const DesiredAddress& wanted, AddressTrack& track, base::Instant now) {
  if (std::exchange(track.lent, wanted.lifetime) != wanted.lifetime) {
    track.renew_at = now;
  }
}

/// What we have not lent ourselves just now may lapse at any time: it is of another VIP, or of an
/// agent before this one.
base::Instant first_renewal(const State& state, const DesiredAddress& wanted, base::Instant now) {
  if (!state.ledger.adding(wanted.interface, wanted.prefix)) {
    return now;
  }
  const bool for_ever = wanted.lifetime == base::Duration::zero();
  return for_ever ? base::kNever : now + wanted.lifetime / 3;
}

void appeared(State& state, const DesiredAddress& wanted, AddressTrack& track, base::Instant now,
              Occurrences& occurrences) {
  track.present = true;
  ++track.generation;
  track.lent = wanted.lifetime;
  track.renew_at = first_renewal(state, wanted, now);
  if (!track.lost) {
    return;
  }
  track.lost = false;
  ++state.kernel.addresses_repaired;
  const net::Link* link = state.facts->find_link(wanted.interface);
  occurrences.push_back({Severity::kWarning,
                         "Address that had gone is back",
                         {{"vip", std::string(state.assignment.vip_name(wanted.router))},
                          {"address", wanted.prefix.to_string()},
                          {"interface", link != nullptr ? link->name : ""}}});
}

void disappeared(State& state, const DesiredAddress& wanted, AddressTrack& track,
                 base::Instant now) {
  track.present = false;
  if (!wanted.add || state.ledger.removing(wanted.interface, wanted.prefix)) {
    return;
  }
  track.lost = true;
  if (const base::Instant due = track.repairs.take(now); due > now) {
    const net::AddressStep put_back{net::StepKind::kAdd, wanted.interface, wanted.prefix,
                                    wanted.without_route, wanted.lifetime};
    state.ledger.delay({put_back, StepReason::kRoleIsActive, wanted.router}, due);
  }
}

}  // namespace

void announce_anew(State& state, const net::HostFacts& before) {
  for (const net::Link& link : state.facts->links) {
    const net::Link* old = before.find_link(link.index);
    if (old == nullptr || (old->carrier_losses == link.carrier_losses && old->mac == link.mac)) {
      continue;
    }
    for (std::size_t i = 0; i < state.routers.size(); ++i) {
      if (state.config.routers[i].settings.interface != link.index) {
        continue;
      }
      for (AddressTrack& address : state.routers[i].addresses) {
        address.generation += address.present ? 1U : 0U;
      }
    }
  }
}

void watch_addresses(State& state, base::Now now, Occurrences& occurrences) {
  for (RouterTrack& router : state.routers) {
    for (AddressTrack& address : router.addresses) {
      address.wanted = false;
    }
  }
  auto have = state.facts->addresses.begin();
  const auto end = state.facts->addresses.end();
  for (const DesiredAddress& wanted : state.desired.addresses) {
    const auto place = std::tie(wanted.interface, wanted.prefix);
    while (have != end && std::tie(have->interface, have->prefix) < place) {
      ++have;
    }
    const bool shown =
        have != end && have->ours && std::tie(have->interface, have->prefix) == place;
    AddressTrack& track = state.routers[wanted.router].addresses[wanted.entry];
    track.wanted = true;
    track.ours = true;
    const bool leaving =
        shown && !track.present && state.ledger.removing(wanted.interface, wanted.prefix);
    const bool present = (shown && !leaving) || state.ledger.added(wanted.interface, wanted.prefix);
    if (present && !track.present) {
      appeared(state, wanted, track, now.instant, occurrences);
    } else if (present) {
      lend(wanted, track, now.instant);
    } else if (!present && track.present) {
      disappeared(state, wanted, track, now.instant);
    }
  }
  for (RouterTrack& router : state.routers) {
    for (AddressTrack& address : router.addresses) {
      if (!address.wanted) {
        address.present = false;
        address.lost = false;
      }
    }
  }
}

}  // namespace keelvip::reconcile
