// Tracks: what the controller remembers between two rounds about each virtual router, each of its
// addresses and each VIP, because it cannot be read off the present: when something changed, what
// was there before. Everything else is computed anew. Part of the controller's state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/api/condition.h"
#include "pkg/base/time.h"
#include "pkg/net/family.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/backoff.h"
#include "pkg/reconcile/fitness.h"
#include "pkg/status/snapshot.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::reconcile {

struct AddressTrack {
  bool wanted = false;   // the last round wanted it
  bool ours = false;     // some round wanted it: what is found there is no leftover
  bool present = false;  // wanted and there
  bool lost = false;     // it was present, and we did not remove it
  /// Counts how often it became present. 0: never.
  std::uint32_t generation = 0;
  RepairBudget repairs;
  base::Duration lent{};                  // present: the lifetime that the kernel was last given
  base::Instant renew_at = base::kNever;  // present: when to give it anew
};

/// Why a router is what it shows: a fault's fitness, or the Speaker's reason.
struct Cause {
  Fitness fitness = Fitness::kFit;
  vrrp::TransitionReason transition = vrrp::TransitionReason::kNone;
  std::string message;  // empty: the standing text of `transition`

  friend bool operator==(const Cause&, const Cause&) = default;
};

/// What other routers on the wire do that they should not.
enum class WireConflict : std::uint8_t {
  kNone,
  kAnotherActive,    // we are Active, and so is somebody that we hear
  kAddressesDiffer,  // somebody advertises other addresses for our virtual router
  kAdvertsRejected,  // adverts for our virtual router are refused
};

struct RouterTrack {
  vrrp::RouterReport report;            // the last one; its defaults before there was one
  std::vector<AddressTrack> addresses;  // parallel to AssignedRouter::addresses
  status::NodeRole shown = status::NodeRole::kInitialize;
  base::WallTime since;  // of `shown`
  Cause cause;
  WireConflict conflict = WireConflict::kNone;
  std::optional<vrrp::Stranger> rival;  // advertises our addresses for another virtual router
  std::array<std::uint64_t, status::kNodeRoles.size()> entered{};
  /// While participating: the settings of its config are those of the assignment.
  bool settings_current = false;
  /// The config from which on it speaks on its present interface. What older reports say of its
  /// role was about another interface.
  std::uint64_t interface_revision = 0;
};

struct PastTransition {
  base::WallTime at;
  net::Family family = net::Family::kIpv4;
  status::NodeRole from = status::NodeRole::kInitialize;
  status::NodeRole to = status::NodeRole::kInitialize;
  Cause cause;
};

struct ConditionTrack {
  api::ConditionStatus status = api::ConditionStatus::kUnknown;
  base::WallTime since;
};

enum class ConditionType : std::uint8_t { kAccepted, kReady, kConflicted, kHealthy };
inline constexpr std::size_t kConditionTypes = 4;

struct VipTrack {
  /// Position in SpecSet::rejected of a newer version that is not in force, or kNoPosition.
  std::uint32_t rejected = kNoPosition;
  std::array<std::optional<ConditionTrack>, kConditionTypes> conditions;
  std::vector<PastTransition> transitions;  // oldest first, at most status::kMaxTransitions
};

}  // namespace keelvip::reconcile
