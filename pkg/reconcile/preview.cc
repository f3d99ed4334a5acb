#include "pkg/reconcile/preview.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pkg/reconcile/explain.h"
#include "pkg/reconcile/resolve.h"

namespace keelvip::reconcile {
namespace {

std::string router_line(const Preview& preview, std::uint32_t router, const net::HostFacts& facts) {
  const AssignedRouter& assigned = preview.assignment.routers[router];
  const DesiredRouter& desired = preview.desired.routers[router];
  const std::string name =
      fmt::format("{} {} VRID {}", preview.assignment.vip_name(router),
                  net::to_string(assigned.settings.family), assigned.settings.vrid.value);
  if (desired.fitness != Fitness::kFit) {
    return fmt::format(
        "{}: cannot take part: {}: {}\n", name, to_string(desired.fitness),
        explain_fitness(preview.assignment, facts, preview.desired, router, nullptr));
  }
  const net::Link* link = facts.find_link(desired.interface);
  const auto& checks = preview.assignment.resource(assigned.vip).spec.health_checks;
  return fmt::format("{}: takes part on {} from {} with priority {}{}\n", name,
                     link != nullptr ? link->name : "", desired.primary.to_string(),
                     desired.priority.value, checks.empty() ? "" : " if its health checks pass");
}

}  // namespace

Preview make_preview(std::shared_ptr<const api::SpecSet> specs, std::string_view node,
                     const net::HostFacts& facts, std::span<const ActiveRouter> active,
                     bool drained) {
  RouterIds ids;
  Preview preview;
  preview.assignment = make_assignment(std::move(specs), node, ids);
  Verdicts passing;
  for (const api::VirtualIp& resource : preview.assignment.specs->accepted) {
    passing.emplace_back(resource.spec.health_checks.size(), health::Verdict::kHealthy);
  }
  std::vector<ReachedRole> roles(preview.assignment.routers.size());
  for (std::uint32_t i = 0; i < roles.size(); ++i) {
    const bool is_active = std::ranges::any_of(active, [&](const ActiveRouter& router) {
      return router.vip == preview.assignment.vip_name(i) &&
             router.family == preview.assignment.routers[i].settings.family;
    });
    roles[i].role = is_active ? vrrp::Role::kActive : vrrp::Role::kInitialize;
  }
  preview.desired =
      resolve({preview.assignment, facts, passing, roles, /*stopping=*/false, drained});
  preview.plan = make_plan(preview.assignment, preview.desired, {facts});
  return preview;
}

std::string to_text(const Preview& preview, const net::HostFacts& facts) {
  std::string text;
  const Assignment& assignment = preview.assignment;
  for (std::uint32_t vip = 0; vip < assignment.vips.size(); ++vip) {
    if (!assignment.vips[vip].selected) {
      text += fmt::format("{}: not for this node: spec.nodes does not list {}\n",
                          assignment.resource(vip).metadata.name, assignment.node);
    }
    for (const std::uint32_t router : assignment.vips[vip].routers) {
      if (router != kNoPosition) {
        text += router_line(preview, router, facts);
      }
    }
  }
  return text + to_text(preview.plan, assignment, facts);
}

}  // namespace keelvip::reconcile
