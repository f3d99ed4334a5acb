#include "pkg/reconcile/snapshot_builder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "pkg/base/overloaded.h"
#include "pkg/reconcile/conditions.h"
#include "pkg/reconcile/health_fold.h"
#include "pkg/reconcile/history.h"

namespace keelvip::reconcile {
namespace {

std::vector<status::PriorityTerm> terms_of(const State& state, std::uint32_t vip) {
  const AssignedVip& assigned = state.assignment.vips[vip];
  std::vector<status::PriorityTerm> terms;
  terms.push_back(
      {assigned.priority_from_nodes ? fmt::format("nodes[{}]", state.settings.node) : "spec",
       assigned.priority});
  const auto& checks = state.assignment.resource(vip).spec.health_checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (checks[i].on_failure.action == api::OnFailure::Action::kLowerPriority &&
        state.verdicts[vip][i] != health::Verdict::kHealthy) {
      terms.push_back({fmt::format("healthCheck {}", checks[i].name), -checks[i].on_failure.by});
    }
  }
  return terms;
}

/// The virtual addresses of a router that its interface has, as the host has them.
std::vector<net::Prefix> addresses_there(const State& state, std::uint32_t router) {
  std::vector<net::Prefix> there;
  const net::InterfaceIndex interface = state.desired.routers[router].interface;
  const auto on_interface =
      std::ranges::equal_range(state.facts->addresses, interface, {}, &net::Address::interface);
  const auto by_address = [](const net::Address& a) { return a.prefix.address; };
  for (const net::Prefix& prefix : state.assignment.routers[router].addresses) {
    for (const net::Address& address :
         std::ranges::equal_range(on_interface, prefix.address, {}, by_address)) {
      there.push_back(address.prefix);
    }
  }
  return there;
}

std::vector<status::PeerStatus> peers_of(const vrrp::RouterReport& report, base::Now now) {
  std::vector<status::PeerStatus> peers;
  peers.reserve(report.peers.size());
  for (const vrrp::Peer& peer : report.peers) {
    peers.push_back(
        {peer.address, peer.priority.value, peer.advert_interval, wall_of(peer.last_heard, now)});
  }
  return peers;
}

void add_place(const State& state, std::uint32_t router, status::RouterStatus& status) {
  const DesiredRouter& desired = state.desired.routers[router];
  status.effective_priority = desired.priority.value;
  const net::Link* link = state.facts->find_link(desired.interface);
  if (link == nullptr) {
    return;
  }
  status.interface = link->name;
  if (!desired.primary.is_unspecified()) {
    status.source_address = desired.primary.to_string();
  }
  status.addresses = addresses_there(state, router);
}

status::RouterStatus router_status(const State& state, std::uint32_t router, base::Now now) {
  const AssignedRouter& assigned = state.assignment.routers[router];
  const RouterTrack& track = state.routers[router];
  const vrrp::RouterReport& report = track.report;
  status::RouterStatus status;
  status.family = assigned.settings.family;
  status.vrid = assigned.settings.vrid.value;
  status.version = static_cast<std::uint8_t>(assigned.settings.version);
  status.role = track.shown;
  status.since = track.since;
  status.reason = present_reason(state, router);
  status.message = present_message(state, router);
  status.effective_priority = assigned.settings.priority.value;
  status.priority_terms = terms_of(state, assigned.vip);
  status.advert_interval = report.active_advert_interval > base::Centiseconds{}
                               ? report.active_advert_interval
                               : assigned.settings.advert_interval;
  if (report.preempt_not_before != base::kNever) {
    status.preempt_not_before = wall_of(report.preempt_not_before, now);
  }
  status.peers = peers_of(report, now);
  if (report.last_rejected) {
    status.last_rejected = {report.last_rejected->reason, report.last_rejected->source,
                            wall_of(report.last_rejected->at, now)};
  }
  status.statistics = report.statistics;
  status.entered = track.entered;
  if (state.resolved()) {
    add_place(state, router, status);
  }
  return status;
}

status::CheckStatus check_status(const State& state, const std::string& vip,
                                 const api::HealthCheck& check) {
  status::CheckStatus status;
  status.name = check.name;
  status.kind = std::visit(base::overloaded{
                               [](const api::HttpGet&) { return "httpGet"; },
                               [](const api::TcpSocket&) { return "tcpSocket"; },
                               [](const api::Exec&) { return "exec"; },
                           },
                           check.probe);
  status.action = describe(check.on_failure);
  status.verdict = health::to_string(health::Verdict::kUnknown);
  if (const health::Tracker* tracker = state.checks.find({vip, check.name}); tracker != nullptr) {
    status.verdict = health::to_string(tracker->verdict());
    status.since = tracker->since().wall;
    status.last_reason = tracker->last_reason();
    status.last_took = tracker->last_took();
    status.successes = tracker->successes();
    status.failures = tracker->failures();
  }
  return status;
}

status::VipStatus vip_status(const State& state, std::uint32_t vip, base::Now now) {
  const AssignedVip& assigned = state.assignment.vips[vip];
  const api::VirtualIp& resource = state.assignment.resource(vip);
  status::VipStatus status;
  status.resource = {state.assignment.specs, &resource};
  status.conditions = conditions_of(state, vip);
  for (const std::uint32_t router : assigned.routers) {
    if (router != kNoPosition) {
      status.routers.push_back(router_status(state, router, now));
    }
  }
  if (assigned.selected) {
    for (const api::HealthCheck& check : resource.spec.health_checks) {
      status.checks.push_back(check_status(state, resource.metadata.name, check));
    }
  }
  for (const PastTransition& past : state.vips[vip].transitions) {
    status.transitions.push_back({past.at, past.family, past.from, past.to,
                                  std::string(reason_of(past.cause)),
                                  std::string(message_of(past.cause))});
  }
  return status;
}

}  // namespace

status::Snapshot build_snapshot(const State& state, base::Now now) {
  status::Snapshot snapshot;
  snapshot.node = state.settings.node;
  snapshot.version = state.settings.version;
  snapshot.commit = state.settings.commit;
  snapshot.taken = now;
  snapshot.started = state.started.wall;
  snapshot.vips.reserve(state.vips.size());
  for (std::uint32_t vip = 0; vip < state.vips.size(); ++vip) {
    snapshot.vips.push_back(vip_status(state, vip, now));
  }
  const api::SpecSet& specs = *state.assignment.specs;
  snapshot.specs.source = state.settings.spec_source;
  snapshot.specs.revision = specs.revision;
  snapshot.specs.last_reload = state.specs_read_at;
  snapshot.specs.last_reload_successful = specs.revision > 0 && specs.rejected.empty();
  snapshot.specs.rejected = specs.rejected;
  snapshot.drain = state.drain;
  snapshot.speaker = state.speaker;
  snapshot.lateness = state.lateness;
  snapshot.losses = state.losses;
  snapshot.kernel = state.kernel;
  return snapshot;
}

}  // namespace keelvip::reconcile
