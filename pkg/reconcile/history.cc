#include "pkg/reconcile/history.h"

#include <algorithm>
#include <ranges>
#include <span>
#include <string>

#include "pkg/reconcile/explain.h"

namespace keelvip::reconcile {
namespace {

using status::NodeRole;

/// How long a refused advert, or one for another virtual router, keeps a router in conflict.
constexpr base::Duration kRejectionMemory = base::Milliseconds{10'000};

/// Three missed adverts are a death.
bool heard_lately(const vrrp::Peer& peer, base::Instant now) {
  return now - peer.last_heard <= 3 * base::Duration(peer.advert_interval);
}

WireConflict conflict_of(const vrrp::RouterReport& report, const vrrp::RouterSettings& settings,
                         base::Instant now) {
  if (report.role == vrrp::Role::kActive && !report.peers.empty()) {
    // One advert of the Active before us may still be under way when we take over; a router that
    // is heard an interval later and lately is Active as well.
    const vrrp::Peer& peer = report.peers.front();
    // A peer that resigns says priority 0: that settles a conflict, it does not make one.
    if (peer.priority != vrrp::kResign && heard_lately(peer, now) &&
        peer.last_heard > report.since + base::Duration(peer.advert_interval)) {
      return WireConflict::kAnotherActive;
    }
  }
  // Two documents under one number: the addresses that only one of them has are held by nobody
  // while the other one's node is Active.
  const auto differs = [&](const vrrp::Peer& peer) {
    return peer.addresses_differ && heard_lately(peer, now);
  };
  if (std::ranges::any_of(report.peers, differs)) {
    return WireConflict::kAddressesDiffer;
  }
  if (report.last_rejected && now - report.last_rejected->at <= kRejectionMemory &&
      !explain_rejection(report.last_rejected->reason, settings).empty()) {
    return WireConflict::kAdvertsRejected;
  }
  return WireConflict::kNone;
}

/// Whether the stranger advertises an address of the router, by what is known now.
bool is_rival(const State& state, std::uint32_t router, const vrrp::Stranger& stranger,
              base::Instant now) {
  const base::Duration patience =
      std::max<base::Duration>(kRejectionMemory, 3 * base::Duration(stranger.advert_interval));
  return state.resolved() && state.assignment.router_of(stranger.first_address) == router &&
         state.desired.routers[router].interface == stranger.interface &&
         state.assignment.routers[router].settings.vrid != stranger.vrid &&
         now - stranger.last_heard <= patience;
}

void find_rivals(State& state, std::span<const vrrp::Stranger> strangers, base::Instant now) {
  for (const vrrp::Stranger& stranger : strangers | std::views::reverse) {  // the latest wins
    const std::uint32_t router = state.assignment.router_of(stranger.first_address);
    if (router != kNoPosition && is_rival(state, router, stranger, now)) {
      state.routers[router].rival = stranger;
    }
  }
  for (std::uint32_t i = 0; i < state.routers.size(); ++i) {
    auto& rival = state.routers[i].rival;
    if (rival && !is_rival(state, i, *rival, now)) {
      rival.reset();
    }
  }
}

NodeRole shown_role(const State& state, std::uint32_t router) {
  switch (state.routers[router].report.role) {
    case vrrp::Role::kActive:
      return NodeRole::kActive;
    case vrrp::Role::kBackup:
      return NodeRole::kBackup;
    case vrrp::Role::kInitialize:
      break;
  }
  if (!state.resolved()) {
    return NodeRole::kInitialize;
  }
  const Fitness fitness = state.desired.routers[router].fitness;
  // What somebody asked for is no fault.
  const bool asked = fitness == Fitness::kStopping || fitness == Fitness::kDrained;
  return fitness == Fitness::kFit || asked ? NodeRole::kInitialize : NodeRole::kFault;
}

std::string explain_obstacle(const State& state, std::uint32_t router) {
  std::string text = explain_fitness(state.assignment, *state.facts, state.desired, router,
                                     &state.checks, state.unheard);
  if (state.desired.routers[router].fitness == Fitness::kDrained && !state.drain.reason.empty()) {
    text += " It was drained with these words: " + state.drain.reason;
  }
  return text;
}

Cause cause_of(const State& state, std::uint32_t router) {
  const vrrp::RouterReport& report = state.routers[router].report;
  const bool speaks = report.role != vrrp::Role::kInitialize;
  const Fitness fitness = state.resolved() ? state.desired.routers[router].fitness : Fitness::kFit;
  if (!speaks && fitness == Fitness::kFit) {
    const bool expired = report.reason == vrrp::TransitionReason::kConfigExpired;
    return {fitness, expired ? report.reason : vrrp::TransitionReason::kNone, {}};
  }
  if (speaks) {
    return {Fitness::kFit, report.reason, {}};
  }
  return {fitness, vrrp::TransitionReason::kNone, explain_obstacle(state, router)};
}

void tell(const State& state, std::uint32_t router, const PastTransition& transition,
          Occurrences& occurrences) {
  Occurrence occurrence;
  occurrence.severity = transition.to == NodeRole::kFault ? Severity::kWarning : Severity::kInfo;
  const bool same = transition.from == transition.to;
  occurrence.message =
      same ? "Virtual router has another fault" : "Virtual router changed its role";
  occurrence.fields.reserve(6);
  occurrence.fields.emplace_back("vip", state.assignment.vip_name(router));
  occurrence.fields.emplace_back("family", net::to_string(transition.family));
  if (!same) {
    occurrence.fields.emplace_back("from", status::to_string(transition.from));
    occurrence.fields.emplace_back("to", status::to_string(transition.to));
  }
  occurrence.fields.emplace_back("reason", reason_of(transition.cause));
  occurrence.fields.emplace_back("detail", message_of(transition.cause));
  occurrences.push_back(std::move(occurrence));
}

void record(State& state, std::uint32_t router, PastTransition transition,
            Occurrences& occurrences) {
  RouterTrack& track = state.routers[router];
  track.shown = transition.to;
  track.since = transition.at;
  track.cause = transition.cause;
  if (transition.from != transition.to) {  // another reason for a Fault is no other role
    ++track.entered[static_cast<std::size_t>(transition.to)];
  }
  tell(state, router, transition, occurrences);
  auto& transitions = state.vips[state.assignment.routers[router].vip].transitions;
  if (transitions.size() == status::kMaxTransitions) {
    transitions.erase(transitions.begin());
  }
  transitions.push_back(std::move(transition));
}

/// Whether a fault is another one than before; for the same fitness the words may still differ.
bool same_fault(const State& state, std::uint32_t router) {
  const RouterTrack& track = state.routers[router];
  return track.shown != NodeRole::kFault ||
         track.cause.fitness == state.desired.routers[router].fitness;
}

}  // namespace

bool fold_report(State& state, const vrrp::SpeakerReport& report, base::Now now) {
  bool changed = false;
  find_rivals(state, report.strangers, now.instant);
  auto from = report.routers.begin();
  for (std::uint32_t i = 0; i < state.routers.size(); ++i) {
    const vrrp::RouterId id = state.assignment.routers[i].id;
    while (from != report.routers.end() && from->id < id) {
      ++from;
    }
    if (from == report.routers.end() || from->id != id) {
      continue;
    }
    RouterTrack& track = state.routers[i];
    changed = changed || from->role != track.report.role || from->since != track.report.since ||
              from->hands_over != track.report.hands_over;
    track.report = *from;
    track.conflict = conflict_of(track.report, state.assignment.routers[i].settings, now.instant);
  }
  changed = changed || report.config_revision != state.reported_revision ||
            report.unheard != state.unheard;
  state.reported_revision = report.config_revision;
  state.reported_at = report.made;
  state.speaker = report.statistics;
  state.lateness = report.lateness;
  state.losses = report.losses;
  state.unheard = report.unheard;
  return changed;
}

void record_transitions(State& state, base::Now now, Occurrences& occurrences) {
  for (std::uint32_t i = 0; i < state.routers.size(); ++i) {
    const RouterTrack& track = state.routers[i];
    const NodeRole shown = shown_role(state, i);
    if (shown == track.shown && same_fault(state, i)) {
      continue;
    }
    PastTransition transition;
    transition.family = state.assignment.routers[i].settings.family;
    transition.from = track.shown;
    transition.to = shown;
    transition.cause = cause_of(state, i);
    // The Speaker knows when its role changed; anything else is as old as our knowledge of it.
    const base::WallTime reported = wall_of(track.report.since, now);
    transition.at = shown != track.shown && reported >= track.since ? reported : now.wall;
    record(state, i, std::move(transition), occurrences);
  }
}

std::string_view reason_of(const Cause& cause) {
  if (cause.fitness != Fitness::kFit) {
    return to_string(cause.fitness);
  }
  return cause.transition == vrrp::TransitionReason::kNone ? "Starting"
                                                           : vrrp::to_string(cause.transition);
}

std::string_view message_of(const Cause& cause) {
  return cause.message.empty() ? explain_transition(cause.transition)
                               : std::string_view(cause.message);
}

std::string_view present_reason(const State& state, std::uint32_t router) {
  // Still in Initialize, a router may be kept there by something else than when it came.
  const RouterTrack& track = state.routers[router];
  return track.shown == NodeRole::kInitialize ? reason_of(cause_of(state, router))
                                              : reason_of(track.cause);
}

std::string present_message(const State& state, std::uint32_t router) {
  const RouterTrack& track = state.routers[router];
  if (track.shown == NodeRole::kFault) {
    return explain_obstacle(state, router);
  }
  return std::string(track.shown == NodeRole::kInitialize ? message_of(cause_of(state, router))
                                                          : message_of(track.cause));
}

}  // namespace keelvip::reconcile
