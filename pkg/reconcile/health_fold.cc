#include "pkg/reconcile/health_fold.h"

#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "pkg/base/overloaded.h"

namespace keelvip::reconcile {
namespace {

using Probe = std::variant<health::HttpProbe, health::TcpProbe, health::ExecProbe>;

Probe probe_of(const api::HealthCheck& check) {
  return std::visit(
      base::overloaded{
          [](const api::HttpGet& get) -> Probe {
            return health::HttpProbe{get.scheme == api::HttpGet::Scheme::kHttps, get.host, get.port,
                                     get.path, get.headers};
          },
          [](const api::TcpSocket& socket) -> Probe {
            return health::TcpProbe{socket.host, socket.port};
          },
          [](const api::Exec& exec) -> Probe { return health::ExecProbe{exec.command, exec.user}; },
      },
      check.probe);
}

void tell(const std::string& vip, const health::Tracker& tracker, Occurrences& occurrences) {
  const bool healthy = tracker.verdict() == health::Verdict::kHealthy;
  occurrences.push_back({healthy ? Severity::kInfo : Severity::kWarning,
                         "Health check changed its verdict",
                         {{"vip", vip},
                          {"check", tracker.spec().id.check},
                          {"verdict", std::string(health::to_string(tracker.verdict()))},
                          {"reason", tracker.last_reason()}}});
}

}  // namespace

std::vector<health::Roster::Entry> checks_of(const Assignment& assignment) {
  std::vector<health::Roster::Entry> entries;
  for (std::uint32_t vip = 0; vip < assignment.vips.size(); ++vip) {
    if (!assignment.vips[vip].selected) {
      continue;
    }
    const api::VirtualIp& resource = assignment.resource(vip);
    for (const api::HealthCheck& check : resource.spec.health_checks) {
      health::Roster::Entry entry;
      entry.spec = {
          {resource.metadata.name, check.name}, probe_of(check), check.period, check.timeout};
      entry.thresholds = {check.success_threshold, check.failure_threshold};
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

void refresh_verdicts(State& state, Occurrences& occurrences) {
  const Assignment& assignment = state.assignment;
  state.verdicts_heard.resize(assignment.vips.size());
  state.verdicts.resize(assignment.vips.size());
  for (std::uint32_t vip = 0; vip < assignment.vips.size(); ++vip) {
    const api::VirtualIp& resource = assignment.resource(vip);
    const auto& checks = resource.spec.health_checks;
    auto& heard = state.verdicts_heard[vip];
    auto& effective = state.verdicts[vip];
    heard.resize(checks.size());
    effective.resize(checks.size());
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const health::CheckId id{resource.metadata.name, checks[i].name};
      const health::Tracker* tracker = state.checks.find(id);
      const health::Verdict verdict =
          tracker != nullptr ? tracker->verdict() : health::Verdict::kUnknown;
      if (verdict != std::exchange(heard[i], verdict) && verdict != health::Verdict::kUnknown) {
        tell(resource.metadata.name, *tracker, occurrences);
      }
      const bool trusted = verdict == health::Verdict::kUnknown && state.trusted.contains(id);
      effective[i] = trusted ? health::Verdict::kHealthy : verdict;
    }
  }
}

std::string describe(const api::OnFailure& on_failure) {
  if (on_failure.action == api::OnFailure::Action::kWithdraw) {
    return "Withdraw";
  }
  return fmt::format("LowerPriority by {}", on_failure.by);
}

}  // namespace keelvip::reconcile
