// Preview: what the agent would make of these specs on this node, without being one: who could take
// part and why not, and the very plan that the agent would carry out. `keelvip plan` prints it; the
// roles, which only a running agent knows, are handed in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pkg/api/spec_set.h"
#include "pkg/net/family.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/desired.h"
#include "pkg/reconcile/plan.h"

namespace keelvip::reconcile {

/// A virtual router that is Active on this node.
struct ActiveRouter {
  std::string vip;
  net::Family family = net::Family::kIpv4;
};

struct Preview {
  Assignment assignment;
  Desired desired;
  Plan plan;
};

/// `drained`: the node is. Health checks count as passing: nobody runs them here.
[[nodiscard]] Preview make_preview(std::shared_ptr<const api::SpecSet> specs, std::string_view node,
                                   const net::HostFacts& facts,
                                   std::span<const ActiveRouter> active, bool drained = false);

/// A line per virtual router, then the plan.
[[nodiscard]] std::string to_text(const Preview& preview, const net::HostFacts& facts);

}  // namespace keelvip::reconcile
