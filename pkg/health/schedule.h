// Schedule: when one check is due next. The prober holds one per check and asks it on its thread;
// a pure value, the clock is a parameter. What it promises is an even load: a check has its own
// place in time, neither drifts nor bursts, and never runs twice at once.
//
// Attempts start on a grid, `phase + n * period`, so that nothing drifts, and each check has its
// own phase, made from its id: a thousand checks of one period are spread over all of it. Only the
// first attempt comes early, within kFirstWithin, because a node that starts waits for it. Attempts
// neither overlap nor burst: a grid point that passes while an attempt runs is served at its end if
// that is at most half a period late (an attempt that times out after a whole period costs none of
// the next), and no attempt starts less than half a period after the one before.
#pragma once

#include "pkg/base/time.h"
#include "pkg/health/check.h"

namespace keelvip::health {

class Schedule {
 public:
  static constexpr base::Duration kFirstWithin = base::Milliseconds{500};
  static constexpr base::Duration kShortestPeriod = base::Milliseconds{1};

  /// A check added or changed at `now`. A period below kShortestPeriod is taken for that.
  Schedule(const CheckId& id, base::Duration period, base::Instant now);

  /// Start the next attempt then, or at once if that is past; kNever while one runs.
  [[nodiscard]] base::Instant due() const { return due_; }
  [[nodiscard]] bool running() const { return running_; }

  void start(base::Instant now);
  void finish(base::Instant now);

  /// Changes the period without disturbing an attempt that runs.
  void change_period(base::Duration period, base::Instant now);

 private:
  [[nodiscard]] base::Instant grid_point_from(base::Instant earliest) const;

  base::Duration period_;
  base::Instant phase_;  // a point of the grid
  base::Instant due_;
  base::Instant started_;  // the last attempt
  bool running_ = false;
};

}  // namespace keelvip::health
