// Adoption: a new SpecSet takes the place of the old one. What stays the same keeps its history,
// its router number and its verdicts; what goes resigns before its addresses are taken away.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/base/time.h"
#include "pkg/net/address_step.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/reconcile/plan.h"
#include "pkg/reconcile/router_ids.h"
#include "pkg/reconcile/state.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::reconcile {

/// A router that specs no longer ask for and that was Active, or handing over, when they changed.
/// It stays in the SpeakerConfig, and its addresses with it, until it has handed over.
struct RetiredRouter {
  vrrp::RouterConfig config;  // the one it leaves by
  std::vector<HeldAddress> addresses;
  std::uint64_t leaves_by = 0;  // the first SpeakerConfig that asks it to leave
  base::Instant until;          // no longer than this
};

struct Adoption {
  bool routers_changed = false;  // the SpeakerConfig differs
  bool checks_changed = false;   // the set of checks differs
  std::vector<RetiredRouter> retired;
  std::vector<net::AddressStep> renewals;  // for the hand-over of the retired
};

[[nodiscard]] Adoption adopt_specs(State& state, RouterIds& ids,
                                   std::shared_ptr<const api::SpecSet> specs, base::Now now,
                                   Occurrences& occurrences);

}  // namespace keelvip::reconcile
