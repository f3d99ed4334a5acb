// State: everything that the controller knows, as plain data. The controller's parts (history,
// address watch, speaker setup, conditions, snapshot) are functions on it; only the controller
// owns one.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/health/roster.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/assignment.h"
#include "pkg/reconcile/desired.h"
#include "pkg/reconcile/resolve.h"
#include "pkg/reconcile/step_ledger.h"
#include "pkg/reconcile/track.h"
#include "pkg/status/snapshot.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::reconcile {

/// What a controller is told once, at birth.
struct ControllerSettings {
  std::string node;         // the name by which `nodes` lists us
  std::string spec_source;  // where specs come from, for people
  std::string version;      // of the program
  std::string commit;
};

struct State {
  ControllerSettings settings;
  base::Now started;

  Assignment assignment;
  base::WallTime specs_read_at;
  std::shared_ptr<const net::HostFacts> facts;  // null before the first
  health::Roster checks;
  Verdicts verdicts_heard;
  /// Those heard, except that a check that joined a VIP which already took part counts as passing
  /// until its first result: a reload must not make a node resign.
  Verdicts verdicts;
  std::set<health::CheckId> trusted;  // those checks

  Desired desired;                   // of the last round; empty before facts came
  std::vector<RouterTrack> routers;  // parallel to assignment.routers
  std::vector<VipTrack> vips;        // parallel to assignment.vips
  StepLedger ledger;
  base::Instant renewals_rest_until;  // keeps the rate of renewals

  /// The last one; routers parallel to assignment.routers.
  vrrp::SpeakerConfig config;
  std::uint64_t reported_revision = 0;  // the config that the Speaker last said it speaks by
  base::Instant reported_at;            // when the Speaker made its last report
  vrrp::SpeakerStatistics speaker;
  vrrp::LatenessHistogram lateness;
  vrrp::LinkLosses losses;
  std::vector<vrrp::Unheard> unheard;  // where it hears nothing
  status::KernelStatus kernel;

  status::DrainStatus drain;
  bool stopping = false;

  [[nodiscard]] bool resolved() const { return facts != nullptr; }
};

/// The wall time that an instant of the monotonic clock was at.
[[nodiscard]] inline base::WallTime wall_of(base::Instant instant, base::Now now) {
  return now.wall - (now.instant - instant);
}

}  // namespace keelvip::reconcile
