// resolve: from all that is known to what should be. Pure and from scratch: the same inputs give
// the same Desired, whatever event led here. Called by the controller whenever something may
// differ, and by `keelvip plan`; it lies on the failover path, so it handles no strings.
#pragma once

#include <span>
#include <vector>

#include "pkg/health/tracker.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/desired.h"
#include "pkg/vrrp/speaker_report.h"
#include "pkg/vrrp/types.h"

namespace keelvip::reconcile {

/// What the checks of each VIP say; parallel to Assignment::vips and spec.healthChecks. A missing
/// entry is kUnknown.
using Verdicts = std::vector<std::vector<health::Verdict>>;

/// A role that the Speaker has reached, and where.
struct ReachedRole {
  vrrp::Role role = vrrp::Role::kInitialize;
  net::InterfaceIndex interface{};  // 0: wherever the router is now
  bool hands_over = false;          // not Active any more, but its addresses still answer
};

struct ResolveInputs {
  const Assignment& assignment;
  const net::HostFacts& facts;
  const Verdicts& verdicts;
  /// Parallel to Assignment::routers; missing ones are kInitialize.
  std::span<const ReachedRole> roles;
  bool stopping = false;  // the node gives everything away
  bool drained = false;   // and stays out until somebody ends that
  /// The roles were reached too long ago to act upon: what is there stays for now, and nothing is
  /// added. After a stall of the whole process the Speaker may know better a moment later.
  bool roles_stale = false;
  /// Where the Speaker says that it hears nothing.
  std::span<const vrrp::Unheard> unheard = {};
};

/// A VIP of both families is two routers that stand for election separately but are fit together:
/// what keeps one out keeps the other out (kOtherFamilyInFault), and both have one interface, one
/// priority and one set of checks. An address is desired while its router is Active on its
/// interface, or hands over, and this node does not own it (priority 255); if its router is no
/// longer fit, it resigns first and the address goes when the role has gone.
[[nodiscard]] Desired resolve(const ResolveInputs& inputs);

}  // namespace keelvip::reconcile
