// Conditions: what is true of a VIP as far as this node knows, with a reason for each. Statuses are
// judged in every round, without strings, so that the time of their last change is right; the words
// are found when somebody looks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pkg/api/condition.h"
#include "pkg/base/time.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/reconcile/state.h"
#include "pkg/reconcile/track.h"

namespace keelvip::reconcile {

struct Judgement {
  api::ConditionStatus status = api::ConditionStatus::kUnknown;
  std::string_view reason;              // a literal
  std::uint32_t router = kNoPosition;   // position of the router that it is about
  std::uint32_t address = kNoPosition;  // of its address
  std::uint32_t check = kNoPosition;    // of the VIP's check
};

/// Nothing for a condition that the VIP does not have (Healthy without checks).
///
/// - Accepted: the newest version of its document is the one in force.
/// - Ready: this node takes part: Backup, or Active with its addresses as they should be.
/// - Conflicted: something on this node or on the wire contradicts it.
/// - Healthy: its checks pass here.
[[nodiscard]] std::optional<Judgement> judge(const State& state, std::uint32_t vip,
                                             ConditionType type);

/// Judges all conditions of all VIPs and notes which statuses have changed.
void update_conditions(State& state, base::Now now, Occurrences& occurrences);

[[nodiscard]] std::vector<api::Condition> conditions_of(const State& state, std::uint32_t vip);

}  // namespace keelvip::reconcile
