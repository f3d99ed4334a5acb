#include "pkg/reconcile/conditions.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "pkg/reconcile/explain.h"
#include "pkg/reconcile/history.h"

namespace keelvip::reconcile {
namespace {

using api::ConditionStatus;
using status::NodeRole;

constexpr std::array<std::string_view, kConditionTypes> kTypeNames{"Accepted", "Ready",
                                                                   "Conflicted", "Healthy"};

Judgement judge_accepted(const State& state, std::uint32_t vip) {
  const std::uint32_t position = state.vips[vip].rejected;
  if (position == kNoPosition) {
    return {ConditionStatus::kTrue, "Valid"};
  }
  const auto kind = state.assignment.specs->rejected[position].kind;
  return {ConditionStatus::kFalse, kind == api::Rejected::Kind::kConflict ? "Conflict" : "Invalid"};
}

/// The first of its addresses that a step has failed for.
std::uint32_t failing_address(const State& state, std::uint32_t router) {
  if (state.ledger.failing() == 0) {
    return kNoPosition;
  }
  const AssignedRouter& assigned = state.assignment.routers[router];
  for (std::uint32_t i = 0; i < assigned.addresses.size(); ++i) {
    const auto interface = state.desired.routers[router].interface;
    if (state.ledger.failure(interface, assigned.addresses[i]) != nullptr) {
      return i;
    }
  }
  return kNoPosition;
}

std::uint32_t lost_address(const State& state, std::uint32_t router) {
  const auto& addresses = state.routers[router].addresses;
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i].lost) {
      return i;
    }
  }
  return kNoPosition;
}

/// Why a router in Initialize is there.
std::string_view absence_reason(const State& state, std::uint32_t router) {
  if (state.stopping) {
    return to_string(Fitness::kStopping);
  }
  const bool drained = state.desired.routers[router].fitness == Fitness::kDrained;
  return drained ? to_string(Fitness::kDrained) : "Starting";
}

std::optional<Judgement> judge_obstacles(const State& state, std::uint32_t router) {
  const RouterTrack& track = state.routers[router];
  if (track.shown == NodeRole::kFault) {
    return Judgement{ConditionStatus::kFalse, to_string(track.cause.fitness), router};
  }
  const std::uint32_t failing = failing_address(state, router);
  if (track.shown == NodeRole::kInitialize && failing == kNoPosition) {
    return Judgement{ConditionStatus::kFalse, absence_reason(state, router), router};
  }
  const bool active = track.shown == NodeRole::kActive;
  if (failing != kNoPosition) {
    return Judgement{ConditionStatus::kFalse, active ? "AddressNotSet" : "AddressNotRemoved",
                     router, failing};
  }
  if (const std::uint32_t address = lost_address(state, router); active && address != kNoPosition) {
    return Judgement{ConditionStatus::kFalse, "AddressLost", router, address};
  }
  return std::nullopt;
}

Judgement judge_ready(const State& state, std::uint32_t vip) {
  const AssignedVip& assigned = state.assignment.vips[vip];
  if (!assigned.selected) {
    return {ConditionStatus::kFalse, "NotSelected"};
  }
  if (!state.resolved()) {
    return {ConditionStatus::kUnknown, "Starting"};
  }
  Judgement judgement{ConditionStatus::kTrue, "Backup"};
  for (const std::uint32_t router : assigned.routers) {
    if (router == kNoPosition) {
      continue;
    }
    if (const auto obstacle = judge_obstacles(state, router)) {
      // A family that is only dragged along is not the one to read about.
      const bool dragged = state.routers[router].cause.fitness == Fitness::kOtherFamilyInFault;
      if (judgement.status == ConditionStatus::kTrue || !dragged) {
        judgement = *obstacle;
      }
      if (!dragged) {
        return judgement;
      }
    } else if (judgement.status == ConditionStatus::kTrue &&
               state.routers[router].shown == NodeRole::kActive) {
      judgement.reason = "Active";
    }
  }
  return judgement;
}

Judgement judge_conflicted(const State& state, std::uint32_t vip) {
  const AssignedVip& assigned = state.assignment.vips[vip];
  if (!assigned.selected) {
    return {ConditionStatus::kUnknown, "NotSelected"};
  }
  if (!state.resolved()) {
    return {ConditionStatus::kUnknown, "Starting"};
  }
  for (const std::uint32_t router : assigned.routers) {
    if (router == kNoPosition) {
      continue;
    }
    const RouterTrack& track = state.routers[router];
    const Fitness fitness = state.desired.routers[router].fitness;
    if (fitness == Fitness::kAddressIsForeign || fitness == Fitness::kVridInUse) {
      return {ConditionStatus::kTrue, to_string(fitness), router};
    }
    if (track.conflict == WireConflict::kAnotherActive) {
      return {ConditionStatus::kTrue, "AnotherActive", router};
    }
    if (track.conflict == WireConflict::kAddressesDiffer) {
      return {ConditionStatus::kTrue, "AddressesDiffer", router};
    }
    if (track.rival) {
      return {ConditionStatus::kTrue, "VirtualRouterIDsDiffer", router};
    }
    if (track.conflict == WireConflict::kAdvertsRejected) {
      return {ConditionStatus::kTrue, "AdvertsRejected", router};
    }
  }
  return {ConditionStatus::kFalse, "NoConflict"};
}

std::optional<Judgement> judge_healthy(const State& state, std::uint32_t vip) {
  const auto& checks = state.assignment.resource(vip).spec.health_checks;
  if (checks.empty() || !state.assignment.vips[vip].selected) {
    return std::nullopt;
  }
  Judgement judgement{ConditionStatus::kTrue, "HealthChecksPass"};
  for (std::uint32_t i = 0; i < checks.size(); ++i) {
    const health::Verdict verdict = state.verdicts_heard[vip][i];
    if (verdict == health::Verdict::kUnhealthy) {
      return Judgement{ConditionStatus::kFalse, "HealthCheckFailing", kNoPosition, kNoPosition, i};
    }
    if (verdict == health::Verdict::kUnknown && judgement.status == ConditionStatus::kTrue) {
      judgement = {ConditionStatus::kUnknown, "HealthCheckPending", kNoPosition, kNoPosition, i};
    }
  }
  return judgement;
}

std::string accepted_message(const State& state, std::uint32_t vip) {
  if (state.vips[vip].rejected == kNoPosition) {
    return "The spec is in force.";
  }
  const api::Rejected& rejected = state.assignment.specs->rejected[state.vips[vip].rejected];
  std::string text = rejected.source;
  if (!rejected.errors.empty()) {
    const api::FieldError& error = rejected.errors.front();
    text += fmt::format(":{}:{}: {}{}{}", error.position.line, error.position.column, error.field,
                        error.field.empty() ? "" : ": ", error.reason);
  }
  if (rejected.errors.size() > 1) {
    text += fmt::format(" (and {} more)", rejected.errors.size() - 1);
  }
  return text + "; the version before stays in force.";
}

std::string address_message(const State& state, const Judgement& judgement) {
  const net::Prefix& prefix =
      state.assignment.routers[judgement.router].addresses[judgement.address];
  const StepFailure* failure =
      state.ledger.failure(state.desired.routers[judgement.router].interface, prefix);
  if (failure == nullptr) {
    return fmt::format("{} was removed by somebody and is about to be put back.",
                       prefix.to_string());
  }
  return fmt::format("{} cannot be {}: {}; {}.", prefix.to_string(),
                     judgement.reason == "AddressNotSet" ? "added" : "removed", failure->message,
                     failure->retry_at == base::kNever
                         ? "waiting for a change, and trying again now and then"
                         : "trying again");
}

std::string ready_message(const State& state, const Judgement& judgement) {
  if (judgement.address != kNoPosition) {
    return address_message(state, judgement);
  }
  if (judgement.router != kNoPosition) {
    return present_message(state, judgement.router);
  }
  if (judgement.reason == "NotSelected") {
    return fmt::format("spec.nodes does not list this node, {}.", state.settings.node);
  }
  if (judgement.reason == "Active") {
    return "This node holds the addresses.";
  }
  return judgement.reason == "Backup" ? "This node stands by." : "The host is being looked at.";
}

std::string conflicted_message(const State& state, const Judgement& judgement) {
  if (judgement.status != ConditionStatus::kTrue) {
    return judgement.status == ConditionStatus::kFalse ? "Nothing contradicts it."
                                                       : "This node does not listen for it.";
  }
  const vrrp::RouterReport& report = state.routers[judgement.router].report;
  if (judgement.reason == "AnotherActive") {
    return fmt::format("{} is Active too, with priority {}.",
                       report.peers.front().address.to_string(),
                       report.peers.front().priority.value);
  }
  if (judgement.reason == "AddressesDiffer") {
    const auto peer = std::ranges::find_if(report.peers, &vrrp::Peer::addresses_differ);
    return fmt::format(
        "{} advertises other addresses for virtual router {}; all nodes must have "
        "the same.",
        peer != report.peers.end() ? peer->address.to_string() : "Another router",
        state.assignment.routers[judgement.router].settings.vrid.value);
  }
  if (judgement.reason == "VirtualRouterIDsDiffer") {
    const vrrp::Stranger& rival = *state.routers[judgement.router].rival;
    return fmt::format(
        "{} advertises {} for virtual router {}; spec.virtualRouterID is {} here, and all nodes "
        "must have the same.",
        rival.source.to_string(), rival.first_address.to_string(), rival.vrid.value,
        state.assignment.routers[judgement.router].settings.vrid.value);
  }
  if (judgement.reason == "AdvertsRejected") {
    const auto& [reason, source, at] = *report.last_rejected;
    return fmt::format(
        "Adverts of {} are refused: {} ({}).", source.to_string(),
        explain_rejection(reason, state.assignment.routers[judgement.router].settings),
        vrrp::to_string(reason));
  }
  return explain_fitness(state.assignment, *state.facts, state.desired, judgement.router,
                         &state.checks, state.unheard);
}

std::string healthy_message(const State& state, std::uint32_t vip, const Judgement& judgement) {
  if (judgement.check == kNoPosition) {
    return "All health checks pass.";
  }
  const std::string& name = state.assignment.resource(vip).spec.health_checks[judgement.check].name;
  if (judgement.status == ConditionStatus::kUnknown) {
    return fmt::format("Health check {} has no result yet.", name);
  }
  const health::Tracker* tracker =
      state.checks.find({state.assignment.resource(vip).metadata.name, name});
  return fmt::format("Health check {} fails: {}.", name, tracker->last_failure());
}

std::string message_of(const State& state, std::uint32_t vip, ConditionType type,
                       const Judgement& judgement) {
  switch (type) {
    case ConditionType::kAccepted:
      return accepted_message(state, vip);
    case ConditionType::kReady:
      return ready_message(state, judgement);
    case ConditionType::kConflicted:
      return conflicted_message(state, judgement);
    case ConditionType::kHealthy:
      break;
  }
  return healthy_message(state, vip, judgement);
}

/// Readiness follows the roles, which are told of already; the others are news.
void tell(const State& state, std::uint32_t vip, ConditionType type, const Judgement& judgement,
          bool first, Occurrences& occurrences) {
  if (type != ConditionType::kConflicted || (first && judgement.status != ConditionStatus::kTrue)) {
    return;
  }
  const bool conflict = judgement.status == ConditionStatus::kTrue;
  occurrences.push_back({conflict ? Severity::kWarning : Severity::kInfo,
                         conflict ? "Virtual IP is in conflict" : "Virtual IP is not in conflict",
                         {{"vip", state.assignment.resource(vip).metadata.name},
                          {"reason", std::string(judgement.reason)},
                          {"detail", message_of(state, vip, type, judgement)}}});
}

constexpr std::array kTypes{ConditionType::kAccepted, ConditionType::kReady,
                            ConditionType::kConflicted, ConditionType::kHealthy};

}  // namespace

std::optional<Judgement> judge(const State& state, std::uint32_t vip, ConditionType type) {
  switch (type) {
    case ConditionType::kAccepted:
      return judge_accepted(state, vip);
    case ConditionType::kReady:
      return judge_ready(state, vip);
    case ConditionType::kConflicted:
      return judge_conflicted(state, vip);
    case ConditionType::kHealthy:
      break;
  }
  return judge_healthy(state, vip);
}

void update_conditions(State& state, base::Now now, Occurrences& occurrences) {
  for (std::uint32_t vip = 0; vip < state.vips.size(); ++vip) {
    for (const ConditionType type : kTypes) {
      auto& track = state.vips[vip].conditions[static_cast<std::size_t>(type)];
      const auto judgement = judge(state, vip, type);
      if (!judgement) {
        track.reset();
      } else if (!track || track->status != judgement->status) {
        tell(state, vip, type, *judgement, !track, occurrences);
        track = ConditionTrack{judgement->status, now.wall};
      }
    }
  }
}

std::vector<api::Condition> conditions_of(const State& state, std::uint32_t vip) {
  std::vector<api::Condition> conditions;
  for (const ConditionType type : kTypes) {
    const auto& track = state.vips[vip].conditions[static_cast<std::size_t>(type)];
    const auto judgement = judge(state, vip, type);
    if (!track || !judgement) {
      continue;
    }
    conditions.push_back({std::string(kTypeNames[static_cast<std::size_t>(type)]),
                          judgement->status, std::string(judgement->reason),
                          message_of(state, vip, type, *judgement), track->since,
                          state.assignment.resource(vip).metadata.generation});
  }
  return conditions;
}

}  // namespace keelvip::reconcile
