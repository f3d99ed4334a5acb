// StepLedger: what is known of the steps that were handed to the kernel thread: in flight, done but
// not yet seen in the facts, waiting for another try, or refused for good. Each of these keeps the
// planner from touching the same address again. Part of the controller's state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/base/error.h"
#include "pkg/base/time.h"
#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/plan.h"

namespace keelvip::reconcile {

/// A step that did not work.
struct StepFailure {
  std::string message;
  std::uint32_t in_a_row = 1;
  base::Instant retry_at = base::kNever;  // kNever: when specs or host change, and now and then
  bool news = true;                       // it is the first, or fails in another way than before
};

/// What came back for one step.
struct StepAnswer {
  Step step;
  std::optional<StepFailure> failure;
  bool recovered = false;  // it worked after it had failed
};

class StepLedger {
 public:
  /// The kernel thread owes an answer within this time. A stalled rtnl lock can take seconds.
  static constexpr base::Duration kStepTimeout = base::Milliseconds{5000};
  /// Facts that show a finished step come before its answer or right after it.
  static constexpr base::Duration kSettleTimeout = base::Milliseconds{100};

  void sent(std::span<const Step> steps, base::Instant now);

  /// Answers to steps that nobody waits for any more are ignored.
  [[nodiscard]] std::vector<StepAnswer> done(std::span<const net::StepDone> answers,
                                             const net::HostFacts& facts, base::Instant now);

  /// Steps whose answer is overdue count as failed.
  [[nodiscard]] std::vector<StepAnswer> advance(base::Instant now);

  /// Newer facts or specs: finished steps are in them, refused ones deserve another try.
  void facts_changed();
  void specs_changed();

  /// Forgets failures of steps that are no longer called for.
  void keep_wanted(const Plan& plan);

  /// Leaves the address alone until then.
  void delay(const Step& step, base::Instant until);

  /// The addresses that the planner must leave alone, sorted.
  [[nodiscard]] std::vector<HeldAddress> held(base::Instant now) const;

  /// Whether an add has succeeded that the facts do not show yet.
  [[nodiscard]] bool added(net::InterfaceIndex interface, const net::Prefix& prefix) const;
  /// Whether an add is under way, or has succeeded just now.
  [[nodiscard]] bool adding(net::InterfaceIndex interface, const net::Prefix& prefix) const;
  [[nodiscard]] bool removing(net::InterfaceIndex interface, const net::Prefix& prefix) const;
  /// Null if the last step for this place did not fail.
  [[nodiscard]] const StepFailure* failure(net::InterfaceIndex interface,
                                           const net::Prefix& prefix) const;
  [[nodiscard]] std::size_t failing() const { return failing_; }
  [[nodiscard]] bool idle() const;

  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }

 private:
  enum class State : std::uint8_t {
    kInFlight,
    kSettled,   // done, not yet in the facts
    kDelayed,   // not to be sent before `deadline`
    kRefused,   // failed for a reason that time alone should not cure: as kDelayed, or for a change
    kFinished,  // to be dropped
  };

  struct Entry {
    Step step;
    State state = State::kInFlight;
    base::Instant deadline = base::kNever;
    std::optional<StepFailure> failure;
  };

  [[nodiscard]] bool under_way(net::StepKind kind, net::InterfaceIndex interface,
                               const net::Prefix& prefix) const;
  [[nodiscard]] Entry* find(net::InterfaceIndex interface, const net::Prefix& prefix);
  [[nodiscard]] const Entry* find(net::InterfaceIndex interface, const net::Prefix& prefix) const;
  StepAnswer fail(Entry& entry, const base::Error& error, base::Instant now);
  void retry_refused();
  void tidy_up();

  std::vector<Entry> entries_;  // sorted by interface, then prefix
  std::size_t failing_ = 0;
  base::Instant next_deadline_ = base::kNever;
};

}  // namespace keelvip::reconcile
