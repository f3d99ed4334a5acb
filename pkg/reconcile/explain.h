// explain: sentences for people about why a virtual router is what it is. Called when something
// changed and for snapshots, never per packet.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pkg/health/roster.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/desired.h"
#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/speaker_report.h"
#include "pkg/vrrp/types.h"

namespace keelvip::reconcile {

/// Why the router at `router` of the assignment is not fit, in words that say what to do; empty if
/// it is fit. `desired` was resolved from `facts` and `unheard`; `checks` may be null.
[[nodiscard]] std::string explain_fitness(const Assignment& assignment, const net::HostFacts& facts,
                                          const Desired& desired, std::uint32_t router,
                                          const health::Roster* checks,
                                          std::span<const vrrp::Unheard> unheard = {});

[[nodiscard]] std::string_view explain_transition(vrrp::TransitionReason reason);

/// What is wrong with a peer's adverts in the eyes of a router with these settings, for the end of
/// a sentence about them; empty for what is no fault of theirs. Never a password.
[[nodiscard]] std::string explain_rejection(vrrp::Rejection rejection,
                                            const vrrp::RouterSettings& settings);

}  // namespace keelvip::reconcile
