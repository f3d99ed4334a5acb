#include "final_checker.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Instant;

/// An agent that starts changes its role twice; whatever is done to the cluster may move a role
/// away and back, on every node.
constexpr std::size_t kChangesAtFirst = 4;
constexpr std::size_t kChangesPerAct = 4;

net::Family family_of(std::size_t slot) {
  return slot % 2 == 0 ? net::Family::kIpv4 : net::Family::kIpv6;
}

std::uint8_t priority_of(const api::VirtualIp& vip, const std::string& node) {
  if (vip.spec.nodes) {
    for (const api::NodePriority& listed : *vip.spec.nodes) {
      if (listed.name == node) {
        return listed.priority;
      }
    }
  }
  return vip.spec.priority;
}

status::NodeRole shown(vrrp::Role role) {
  switch (role) {
    case vrrp::Role::kActive:
      return status::NodeRole::kActive;
    case vrrp::Role::kBackup:
      return status::NodeRole::kBackup;
    case vrrp::Role::kInitialize:
      break;
  }
  return status::NodeRole::kInitialize;
}

}  // namespace

void FinalChecker::fail(const char* checker, const Contest& contest, const std::string& text) {
  findings_.report(checker, world_.now(),
                   fmt::format("{} {}: {}", contest.vip->metadata.name,
                               net::to_string(family_of(contest.slot)), text));
}

void FinalChecker::see(const Happening& happening, std::size_t acts) {
  const auto* role = std::get_if<RoleChanged>(&happening.fact);
  const std::size_t slot = role != nullptr ? slot_of(role->vrid, role->family) : kSlots;
  if (slot >= kSlots) {
    return;
  }
  ++role_changes_;
  const bool yielded = role->reason == vrrp::TransitionReason::kHigherPriority ||
                       role->reason == vrrp::TransitionReason::kHigherAddress;
  if (yielded || role->to == vrrp::Role::kActive) {
    last_change_[slot] = world_.now();
    winner_[slot] = yielded ? kMaxNodes : happening.node;
  }
  const std::uint32_t changes = ++changes_[happening.node][slot];
  const bool late = world_.now() > Instant{} + kQuiet;
  if (late || changes > kChangesAtFirst + kChangesPerAct * acts) {
    findings_.report("role-changes", world_.now(),
                     fmt::format("node {} vrid {}: {} changes of its role after {} acts{}",
                                 happening.node, vrid_of(slot / 2), changes, acts,
                                 late ? ", although all has been quiet for long" : ""));
  }
}

/// RFC 9568 6.4.2: a Backup tolerates an Active of its own priority whatever its address, and with
/// preemption off one of any priority.
void FinalChecker::judge_holder(Contest& contest) {
  std::uint8_t best = 0;
  std::size_t holders = 0;
  for (std::size_t node = 0; node < view_.nodes.size(); ++node) {
    best = std::max(best, priority_of(*contest.vip, world_.node(node).name()));
    if (view_.nodes[node].routers[contest.slot].role == vrrp::Role::kActive) {
      contest.holder = node;
      ++holders;
    }
  }
  if (holders != 1) {
    fail("liveness", contest, fmt::format("{} nodes are Active", holders));
    return;
  }
  const std::uint8_t priority = priority_of(*contest.vip, world_.node(contest.holder).name());
  if (contest.vip->spec.preemption.mode != api::Preemption::Mode::kNever && priority != best) {
    fail("liveness", contest,
         fmt::format("node {} is Active with priority {}, another one has {}", contest.holder,
                     priority, best));
  }
}

void FinalChecker::judge_router(std::size_t node, const status::RouterStatus& router,
                                const Contest& contest) {
  const vrrp::Role role = view_.nodes[node].routers[contest.slot].role;
  if (router.role != shown(role)) {
    fail("status-truth", contest,
         fmt::format("node {} shows {} and is {}", node, status::to_string(router.role),
                     vrrp::to_string(role)));
  }
  std::vector<net::Prefix> there;
  for (const net::Prefix& prefix : contest.vip->spec.addresses) {
    const auto& addresses = world_.node(node).kernel().truth().addresses;
    if (prefix.address.family() == family_of(contest.slot) &&
        std::ranges::find(addresses, prefix, &net::Address::prefix) != addresses.end()) {
      there.push_back(prefix);
    }
  }
  if (router.addresses != there) {
    fail("status-truth", contest,
         fmt::format("node {} shows {} addresses and has {}", node, router.addresses.size(),
                     there.size()));
  }
  if (router.effective_priority != priority_of(*contest.vip, world_.node(node).name())) {
    fail("status-truth", contest,
         fmt::format("node {} shows priority {}", node, router.effective_priority));
  }
}

void FinalChecker::judge_snapshot(std::size_t node, const status::Snapshot& snapshot,
                                  const Contest& contest) {
  const auto vip = std::ranges::find_if(snapshot.vips, [&](const status::VipStatus& status) {
    return status.resource->metadata.name == contest.vip->metadata.name;
  });
  if (vip == snapshot.vips.end()) {
    fail("status-truth", contest, fmt::format("node {} does not show it", node));
    return;
  }
  for (const status::RouterStatus& router : vip->routers) {
    if (router.family == family_of(contest.slot)) {
      judge_router(node, router, contest);
    }
  }
  for (const api::Condition& condition : vip->conditions) {
    const auto wanted =
        condition.type == "Conflicted" ? api::ConditionStatus::kFalse : api::ConditionStatus::kTrue;
    if (condition.status != wanted) {
      fail("status-truth", contest,
           fmt::format("node {} says {} {}: {}", node, condition.type, to_string(condition.status),
                       condition.reason));
    }
  }
}

void FinalChecker::judge_client(const Contest& contest, Instant paths_harmed) {
  const std::size_t winner = winner_[contest.slot];
  const bool told = winner == contest.holder || winner == kMaxNodes;
  if (contest.holder >= view_.nodes.size() || last_change_[contest.slot] <= paths_harmed || !told) {
    // What hosts learned last may have been lost on the way, or come from one who then left without
    // a word that the holder could have heard.
    return;
  }
  const net::MacAddress& holder = world_.node(contest.holder).kernel().truth().links[0].mac;
  for (const Segment::Neighbor& neighbor : world_.segment(0).neighbors) {
    const auto& addresses = contest.vip->spec.addresses;
    const bool ours =
        neighbor.address.family() == family_of(contest.slot) &&
        std::ranges::find(addresses, neighbor.address, &net::Prefix::address) != addresses.end();
    if (ours && neighbor.mac != holder) {
      fail("client-path", contest,
           fmt::format("hosts send {} to {}", neighbor.address.to_string(),
                       neighbor.mac.to_string()));
    }
  }
}

void FinalChecker::finish(const Driver& driver, const Schedule& schedule) {
  std::vector<status::Snapshot> snapshots;
  for (std::size_t node = 0; node < world_.nodes(); ++node) {
    const AgentProcess* agent = world_.node(node).agent();
    if (agent == nullptr) {
      findings_.report("liveness", world_.now(), fmt::format("node {} has no agent", node));
      return;
    }
    snapshots.push_back(agent->controller().snapshot(world_.node(node).clock().now(world_.now())));
  }
  for (std::size_t i = 0; i < driver.vips().size(); ++i) {
    for (std::size_t family = 0; family < 2; ++family) {
      Contest contest{2 * i + family, &driver.vips()[i], &schedule};
      const bool exists =
          std::ranges::any_of(contest.vip->spec.addresses, [&](const net::Prefix& prefix) {
            return prefix.address.family() == family_of(contest.slot);
          });
      if (!exists) {
        continue;
      }
      judge_holder(contest);
      for (std::size_t node = 0; node < world_.nodes(); ++node) {
        judge_snapshot(node, snapshots[node], contest);
      }
      judge_client(contest, driver.paths_harmed());
    }
  }
}

}  // namespace keelvip::sim
