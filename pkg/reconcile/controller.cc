#include "pkg/reconcile/controller.h"

#include <algorithm>
#include <string>
#include <utility>

#include "pkg/reconcile/address_watch.h"
#include "pkg/reconcile/conditions.h"
#include "pkg/reconcile/health_fold.h"
#include "pkg/reconcile/history.h"
#include "pkg/reconcile/lease.h"
#include "pkg/reconcile/plan.h"
#include "pkg/reconcile/snapshot_builder.h"
#include "pkg/reconcile/speaker_setup.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::reconcile {
namespace {

bool same_host(const net::HostFacts& a, const net::HostFacts& b) {
  return a.links == b.links && a.addresses == b.addresses;
}

std::string interface_name(const State& state, net::InterfaceIndex index) {
  const net::Link* link = state.resolved() ? state.facts->find_link(index) : nullptr;
  return link != nullptr ? link->name : std::to_string(index.value);
}

/// Whether an address of ours that was removed had been put there by an earlier run, or for a VIP
/// that is not this node's any more.
bool is_stray(const State& state, const Step& step) {
  const std::uint32_t router = state.assignment.router_of(step.change.prefix.address);
  if (router == kNoPosition) {
    return true;
  }
  const auto& addresses = state.assignment.routers[router].addresses;
  const auto entry = std::ranges::find(addresses, step.change.prefix);
  const auto position = static_cast<std::size_t>(entry - addresses.begin());
  return entry != addresses.end() && !state.routers[router].addresses[position].ours;
}

Occurrence step_occurrence(const State& state, Severity severity, std::string_view message,
                           const net::AddressStep& step) {
  Occurrence occurrence{severity, message, {}};
  const std::uint32_t router = state.assignment.router_of(step.prefix.address);
  if (router != kNoPosition) {
    occurrence.fields.emplace_back("vip", state.assignment.vip_name(router));
  }
  occurrence.fields.emplace_back("step", step.kind == net::StepKind::kAdd     ? "add"
                                         : step.kind == net::StepKind::kRenew ? "renew"
                                                                              : "remove");
  occurrence.fields.emplace_back("address", step.prefix.to_string());
  occurrence.fields.emplace_back("interface", interface_name(state, step.interface));
  return occurrence;
}

}  // namespace

Controller::Controller(ControllerSettings settings, base::Now started) {
  state_.settings = std::move(settings);
  state_.started = started;
  state_.assignment =
      make_assignment(std::make_shared<const api::SpecSet>(), state_.settings.node, ids_);
}

Commands Controller::handle(const Event& event, base::Now now) {
  Commands commands;
  std::visit([&](const auto& happened) { take(happened, now, commands); }, event);
  advance(now, commands);
  if (round_due_ && state_.resolved()) {
    round(now, commands);
  }
  if (renew_addresses_at_ <= now.instant) {
    renew(now.instant, commands);
  }
  record_transitions(state_, now, commands.occurrences);
  update_conditions(state_, now, commands.occurrences);
  if (specs_known_ && (config_changed_ || now.instant >= renew_at_)) {
    publish_config(now, commands);
  }
  judge_stop(now, commands);
  return commands;
}

void Controller::take(const SpecsRead& event, base::Now now, Commands& commands) {
  Adoption adoption = adopt_specs(state_, ids_, event.specs, now, commands.occurrences);
  std::ranges::move(adoption.retired, std::back_inserter(retired_));
  std::ranges::copy(adoption.renewals, std::back_inserter(commands.steps));
  config_changed_ = config_changed_ || adoption.routers_changed || !specs_known_;
  if (adoption.checks_changed) {
    commands.checks = state_.checks.specs();
  }
  specs_known_ = true;
  round_due_ = true;
  ++changes_;
}

void Controller::take(const HostRead& event, base::Now /*now*/, Commands& commands) {
  const bool differs = !state_.resolved() || !same_host(*state_.facts, *event.facts);
  if (state_.resolved() && event.facts->overruns > state_.facts->overruns) {
    commands.occurrences.push_back({Severity::kWarning,
                                    "Kernel dropped notifications; everything was read again",
                                    {{"overruns", std::to_string(event.facts->overruns)}}});
  }
  const std::shared_ptr<const net::HostFacts> before = std::exchange(state_.facts, event.facts);
  state_.kernel.resyncs = event.facts->resyncs;
  state_.kernel.overruns = event.facts->overruns;
  if (differs) {
    if (before != nullptr) {
      announce_anew(state_, *before);
    }
    state_.ledger.facts_changed();
    round_due_ = true;
  }
  ++changes_;
}

void Controller::take(const SpeakerReported& event, base::Now now, Commands& /*commands*/) {
  if (fold_report(state_, *event.report, now) || std::exchange(roles_stale_, false)) {
    round_due_ = true;
  }
  const auto has_left = [&](const RetiredRouter& router) {
    const auto& reports = event.report->routers;
    const auto at =
        std::ranges::lower_bound(reports, router.config.id, {}, &vrrp::RouterReport::id);
    const bool known = at != reports.end() && at->id == router.config.id;
    return state_.reported_revision >= router.leaves_by &&
           !(known && (at->role == vrrp::Role::kActive || at->hands_over));
  };
  if (std::erase_if(retired_, has_left) > 0) {
    round_due_ = true;
    config_changed_ = true;
  }
  ++changes_;
}

void Controller::take(const DrainRead& event, base::Now /*now*/, Commands& commands) {
  const status::DrainStatus before = std::exchange(state_.drain, event.drain);
  if (before.drained != event.drain.drained) {
    round_due_ = true;
    commands.occurrences.push_back(event.drain.drained
                                       ? Occurrence{Severity::kInfo,
                                                    "Node is drained: it gives every virtual IP "
                                                    "away and takes none",
                                                    {{"reason", event.drain.reason}}}
                                       : Occurrence{Severity::kInfo,
                                                    "Node is no longer drained: it stands for "
                                                    "election again",
                                                    {}});
  }
  ++changes_;
}

void Controller::take(const ChecksEnded& event, base::Now now, Commands& commands) {
  bool changed = false;
  for (const health::CheckResult& result : event.results) {
    changed = state_.checks.observe(result, now) || changed;
  }
  if (changed) {
    refresh_verdicts(state_, commands.occurrences);
    round_due_ = true;
  }
  ++changes_;
}

void Controller::take(const StepsDone& event, base::Now now, Commands& commands) {
  if (!state_.resolved()) {
    return;
  }
  account_renewals(event.answers, commands.occurrences);
  for (const StepAnswer& answer : state_.ledger.done(event.answers, *state_.facts, now.instant)) {
    account(answer, commands.occurrences);
  }
  round_due_ = true;
  ++changes_;
}

void Controller::take(const TimePassed& /*event*/, base::Now /*now*/, Commands& /*commands*/) {}

void Controller::take(const StopRequested& /*event*/, base::Now now, Commands& commands) {
  if (std::exchange(state_.stopping, true)) {
    return;
  }
  stop_at_ = now.instant + longest_hand_over() + kStopLimit;
  const bool anyone = std::ranges::any_of(state_.config.routers, &vrrp::RouterConfig::participate);
  stop_revision_ = anyone ? state_.config.revision + 1 : 0;
  commands.occurrences.push_back({Severity::kInfo, "Giving every virtual IP away", {}});
  round_due_ = true;
  ++changes_;
}

void Controller::advance(base::Now now, Commands& commands) {
  if (state_.ledger.next_deadline() <= now.instant) {
    for (const StepAnswer& answer : state_.ledger.advance(now.instant)) {
      account(answer, commands.occurrences);
    }
    round_due_ = true;
  }
  if (state_.checks.next_deadline() <= now.instant && state_.checks.advance(now)) {
    refresh_verdicts(state_, commands.occurrences);
    round_due_ = true;
    ++changes_;
  }
  const auto overdue = [&](const RetiredRouter& router) { return router.until <= now.instant; };
  if (std::erase_if(retired_, overdue) > 0) {
    round_due_ = true;
    config_changed_ = true;
  }
}

void Controller::round(base::Now now, Commands& commands) {
  round_due_ = false;
  const std::vector<ReachedRole> roles_now = roles();
  roles_stale_ = now.instant - state_.reported_at > kReportLife;
  state_.desired = resolve({state_.assignment, *state_.facts, state_.verdicts, roles_now,
                            state_.stopping, state_.drain.drained, roles_stale_, state_.unheard});
  watch_addresses(state_, now, commands.occurrences);
  const std::vector<HeldAddress> held_now = held(now.instant);
  const Plan plan = make_plan(state_.assignment, state_.desired, {*state_.facts, held_now});
  state_.ledger.keep_wanted(plan);
  commands.steps.reserve(plan.steps.size());
  for (const Step& step : plan.steps) {
    commands.steps.push_back(step.change);
  }
  state_.ledger.sent(plan.steps, now.instant);
  config_changed_ = update_config(state_) || config_changed_;
  renew_addresses_at_ = next_renewal(state_);
}

/// A Speaker that is not heard of may not run any more: then the addresses are left to lapse.
void Controller::renew(base::Instant now, Commands& commands) {
  roles_stale_ = roles_stale_ || now - state_.reported_at > kReportLife;
  if (roles_stale_) {
    renew_addresses_at_ = base::kNever;
    return;
  }
  const std::vector<net::AddressStep> renewals = take_renewals(state_, now);
  commands.steps.insert(commands.steps.end(), renewals.begin(), renewals.end());
  renew_addresses_at_ = next_renewal(state_);
}

/// A renewal that failed is tried again when the next one is due. What lapses meanwhile shows in
/// the facts.
void Controller::account_renewals(const std::vector<net::StepDone>& answers,
                                  Occurrences& occurrences) {
  const auto renewal = [](const net::StepDone& a) { return a.step.kind == net::StepKind::kRenew; };
  const auto failed = [&](const net::StepDone& a) { return renewal(a) && !a.outcome; };
  if (std::ranges::none_of(answers, renewal)) {
    return;
  }
  const auto first = std::ranges::find_if(answers, failed);
  if (std::exchange(renewals_fail_, first != answers.end()) || first == answers.end()) {
    return;
  }
  occurrences.push_back(step_occurrence(state_, Severity::kWarning,
                                        "Lease of an address could not be renewed", first->step));
  occurrences.back().fields.emplace_back("reason", first->outcome.error().message);
}

std::vector<ReachedRole> Controller::roles() const {
  std::vector<ReachedRole> roles(state_.routers.size());
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const RouterTrack& track = state_.routers[i];
    if (state_.reported_revision >= track.interface_revision) {
      roles[i] = {track.report.role, state_.config.routers[i].settings.interface,
                  track.report.hands_over};
    }
  }
  return roles;
}

std::vector<HeldAddress> Controller::held(base::Instant now) const {
  std::vector<HeldAddress> held = state_.ledger.held(now);
  if (!retired_.empty()) {
    for (const RetiredRouter& router : retired_) {
      held.insert(held.end(), router.addresses.begin(), router.addresses.end());
    }
    std::ranges::sort(held);
  }
  return held;
}

void Controller::account(const StepAnswer& answer, Occurrences& occurrences) {
  const net::AddressStep& step = answer.step.change;
  if (answer.failure) {
    ++state_.kernel.step_failures;
    if (answer.failure->news) {
      const bool again = answer.failure->retry_at != base::kNever;
      occurrences.push_back(step_occurrence(state_, again ? Severity::kWarning : Severity::kError,
                                            "Address could not be changed", step));
      occurrences.back().fields.emplace_back("reason", answer.failure->message);
      occurrences.back().fields.emplace_back("again", again ? "soon" : "after a change");
    }
    return;
  }
  const bool added = step.kind == net::StepKind::kAdd;
  ++(added ? state_.kernel.addresses_added : state_.kernel.addresses_removed);
  if (!added && is_stray(state_, answer.step)) {
    ++state_.kernel.strays_removed;
    occurrences.push_back(
        step_occurrence(state_, Severity::kInfo, "Address removed that is not wanted here", step));
  } else if (answer.recovered) {
    occurrences.push_back(
        step_occurrence(state_, Severity::kInfo, "Address could be changed at last", step));
  }
}

void Controller::publish_config(base::Now now, Commands& commands) {
  config_changed_ = false;
  ++state_.config.revision;
  state_.config.expires = now.instant + kConfigLife;
  renew_at_ = now.instant + kConfigRenewal;
  commands.speaker = config_with_retired();
}

/// One that has taken a leaver's number over, in whatever version, speaks for it: adverts are given
/// to one router only.
vrrp::SpeakerConfig Controller::config_with_retired() const {
  vrrp::SpeakerConfig config = state_.config;
  for (const RetiredRouter& leaver : retired_) {
    const bool replaced =
        std::ranges::any_of(state_.config.routers, [&](const vrrp::RouterConfig& router) {
          const vrrp::RouterSettings& old = leaver.config.settings;
          return router.settings.interface == old.interface &&
                 router.settings.family == old.family && router.settings.vrid == old.vrid;
        });
    if (!replaced) {
      config.routers.push_back(leaver.config);
    }
  }
  std::ranges::sort(config.routers, {}, &vrrp::RouterConfig::id);
  return config;
}

base::Duration Controller::longest_hand_over() const {
  base::Duration longest{};
  const auto consider = [&](const vrrp::RouterConfig& router) {
    if (router.participate || router.hand_over) {
      longest = std::max(
          longest, vrrp::hand_over_limit(router.settings.version, router.settings.advert_interval));
    }
  };
  std::ranges::for_each(state_.config.routers, consider);
  std::ranges::for_each(retired_, consider, &RetiredRouter::config);
  return longest;
}

void Controller::judge_stop(base::Now now, Commands& commands) {
  if (!state_.stopping || stopped_) {
    return;
  }
  const auto answers = [](const RouterTrack& track) {
    return track.report.role == vrrp::Role::kActive || track.report.hands_over;
  };
  const bool resigned = state_.reported_revision >= stop_revision_ &&
                        std::ranges::none_of(state_.routers, answers) && retired_.empty();
  const bool clean =
      !state_.resolved() ||
      (std::ranges::none_of(state_.facts->addresses, &net::Address::ours) && state_.ledger.idle());
  stopped_ = (resigned && clean) || now.instant >= stop_at_;
  if (stopped_ && !(resigned && clean)) {
    commands.occurrences.push_back({Severity::kWarning,
                                    "Stopped before everything was given away",
                                    {{"resigned", resigned ? "true" : "false"},
                                     {"addresses_removed", clean ? "true" : "false"}}});
  }
}

base::Instant Controller::next_deadline() const {
  base::Instant next =
      std::min({renew_addresses_at_, state_.ledger.next_deadline(), state_.checks.next_deadline(),
                stopped_ ? base::kNever : stop_at_});
  if (specs_known_) {
    next = std::min(next, renew_at_);
  }
  for (const RetiredRouter& router : retired_) {
    next = std::min(next, router.until);
  }
  return next;
}

status::Snapshot Controller::snapshot(base::Now now) const {
  return build_snapshot(state_, now);
}

}  // namespace keelvip::reconcile
