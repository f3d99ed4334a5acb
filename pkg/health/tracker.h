// Tracker: what is known about one check: results and thresholds in, a verdict out. The controller
// holds one per check (inside a Roster) and reads it on its thread; the simulator does the same. It
// keeps what a status shows, too: since when, why, how many.
//
// Thresholds decide when a known verdict is overturned. While nothing is known there is nothing to
// overturn: the first result decides alone, as with keepalived, so that a node that starts does not
// stay out for `successThreshold` periods. Silence counts as failure: a prober that hangs must not
// leave a node healthy for ever.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/base/time.h"
#include "pkg/health/check.h"

namespace keelvip::health {

enum class Verdict : std::uint8_t {
  kUnknown,  // no result yet: whoever needs the check to pass must not count on it
  kHealthy,
  kUnhealthy,
};

[[nodiscard]] std::string_view to_string(Verdict verdict);

/// Results in a row that overturn a verdict; 1 or more (0 is taken for 1).
struct Thresholds {
  std::uint32_t success = 2;
  std::uint32_t failure = 2;

  friend bool operator==(const Thresholds&, const Thresholds&) = default;
};

class Tracker {
 public:
  /// How long after the time at which a result was due its absence counts as a failure. Longer than
  /// a prober needs to end an attempt that overruns its timeout.
  static constexpr base::Duration kSilenceGrace = base::Milliseconds{3000};

  Tracker(CheckSpec spec, Thresholds thresholds, base::Now now);

  /// Takes a newer spec of the same check. If its revision differs (another question), the verdict
  /// stands until the first result of that revision decides alone: a reload must not take a VIP
  /// down on all nodes at once, only to ask what is asked a moment later.
  void adopt(CheckSpec spec, Thresholds thresholds, base::Now now);

  /// Counts `result`, unless it belongs to another check or revision. True if the verdict changed.
  bool observe(const CheckResult& result, base::Now now);

  /// Counts a failure if no result came for too long. True if the verdict changed.
  bool advance(base::Now now);
  [[nodiscard]] base::Instant next_deadline() const { return silent_at_; }

  [[nodiscard]] const CheckSpec& spec() const { return spec_; }
  [[nodiscard]] Verdict verdict() const { return verdict_; }
  /// When the verdict became what it is; for kUnknown, when the check was added.
  [[nodiscard]] base::Now since() const { return since_; }
  /// Of the last result; empty before the first.
  [[nodiscard]] const std::string& last_reason() const { return last_reason_; }
  /// Of the last result that failed, which may be older: why an unhealthy check is unhealthy.
  [[nodiscard]] const std::string& last_failure() const { return last_failure_; }
  [[nodiscard]] base::Duration last_took() const { return last_took_; }
  /// Results since the check was added.
  [[nodiscard]] std::uint64_t successes() const { return successes_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  bool count(bool success, base::Now now);
  [[nodiscard]] bool overturned_by(bool success) const;

  CheckSpec spec_;
  Thresholds thresholds_;
  Verdict verdict_ = Verdict::kUnknown;
  base::Now since_;
  bool first_decides_ = true;
  bool last_success_ = false;
  std::uint32_t in_a_row_ = 0;  // results equal to the last one; stops at its maximum
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
  std::string last_reason_;
  std::string last_failure_;
  base::Duration last_took_{};
  base::Instant last_heard_;
  base::Instant silent_at_;
};

}  // namespace keelvip::health
