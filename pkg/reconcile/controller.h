// Controller: the one decider of a node. Events go in, commands come out; it computes what should
// be from all it knows whenever anything may differ, and never from the event alone. Owned by the
// controller thread (or by the simulator); no clock, no thread, no I/O.
#pragma once

#include <cstdint>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/reconcile/adoption.h"
#include "pkg/reconcile/event.h"
#include "pkg/reconcile/resolve.h"
#include "pkg/reconcile/router_ids.h"
#include "pkg/reconcile/state.h"
#include "pkg/status/snapshot.h"

namespace keelvip::reconcile {

class Controller {
 public:
  /// A SpeakerConfig is good for this long...
  static constexpr base::Duration kConfigLife = base::Milliseconds{3000};
  /// ...and is given anew after this long, changed or not.
  static constexpr base::Duration kConfigRenewal = base::Milliseconds{1000};
  /// A stop ends this long after the slowest hand-over, whatever is left.
  static constexpr base::Duration kStopLimit = base::Milliseconds{800};
  /// The Speaker reports once a second. What it has reached is not acted upon for longer than this:
  /// shorter than any address outlives its agent, so that none is put back after a stall in which
  /// the kernel has taken it away.
  static constexpr base::Duration kReportLife = base::Milliseconds{1250};

  Controller(ControllerSettings settings, base::Now started);

  /// Takes the event in and answers with everything that it calls for. Work that is due at `now`
  /// is done with any event.
  [[nodiscard]] Commands handle(const Event& event, base::Now now);

  /// When handle(TimePassed) must come at the latest. It may have passed already.
  [[nodiscard]] base::Instant next_deadline() const;

  /// After StopRequested: no router is Active or hands over and no address of ours is left, or the
  /// time for that is over.
  [[nodiscard]] bool stopped() const { return stopped_; }

  /// Raised by each event that may have changed the snapshot.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  /// Everything for the endpoints. Costs a few milliseconds for a thousand VIPs: not to be made
  /// while commands wait.
  [[nodiscard]] status::Snapshot snapshot(base::Now now) const;

 private:
  void take(const SpecsRead& event, base::Now now, Commands& commands);
  void take(const HostRead& event, base::Now now, Commands& commands);
  void take(const SpeakerReported& event, base::Now now, Commands& commands);
  void take(const DrainRead& event, base::Now now, Commands& commands);
  void take(const ChecksEnded& event, base::Now now, Commands& commands);
  void take(const StepsDone& event, base::Now now, Commands& commands);
  void take(const TimePassed& event, base::Now now, Commands& commands);
  void take(const StopRequested& event, base::Now now, Commands& commands);

  void advance(base::Now now, Commands& commands);
  void round(base::Now now, Commands& commands);
  void account(const StepAnswer& answer, Occurrences& occurrences);
  void account_renewals(const std::vector<net::StepDone>& answers, Occurrences& occurrences);
  void renew(base::Instant now, Commands& commands);
  void publish_config(base::Now now, Commands& commands);
  void judge_stop(base::Now now, Commands& commands);
  [[nodiscard]] base::Duration longest_hand_over() const;
  [[nodiscard]] vrrp::SpeakerConfig config_with_retired() const;
  [[nodiscard]] std::vector<ReachedRole> roles() const;
  [[nodiscard]] std::vector<HeldAddress> held(base::Instant now) const;

  State state_;
  RouterIds ids_;
  std::vector<RetiredRouter> retired_;
  bool round_due_ = false;
  bool config_changed_ = false;
  bool specs_known_ = false;
  bool roles_stale_ = false;               // the last round did not act upon them
  base::Instant renew_at_ = base::kNever;  // the config
  base::Instant renew_addresses_at_ = base::kNever;
  bool renewals_fail_ = false;
  base::Instant stop_at_ = base::kNever;
  std::uint64_t stop_revision_ = 0;  // the config in which no router takes part
  bool stopped_ = false;
  std::uint64_t changes_ = 0;
};

}  // namespace keelvip::reconcile
