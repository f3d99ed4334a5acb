// Roster: all checks of this node with their trackers. The controller adopts what the specs ask
// for, hands `specs()` to the prober and feeds the results back. It numbers the questions, so that
// an answer that was under way when a spec changed, or when a check went and came back, is ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/health/check.h"
#include "pkg/health/tracker.h"

namespace keelvip::health {

class Roster {
 public:
  struct Entry {
    CheckSpec spec;  // its revision is not looked at
    Thresholds thresholds;
  };

  /// Makes the roster hold exactly `entries` (the last of one id wins). Checks that stay keep their
  /// verdicts. True if `specs()` is another one than before.
  bool adopt(std::vector<Entry> entries, base::Now now);

  /// True if a verdict changed. Results that nobody waits for are ignored.
  bool observe(const CheckResult& result, base::Now now);

  /// Counts checks that fell silent as failed. True if a verdict changed.
  bool advance(base::Now now);
  [[nodiscard]] base::Instant next_deadline() const;

  /// Null if there is no such check. Valid until the next adopt().
  [[nodiscard]] const Tracker* find(const CheckId& id) const;

  /// What the prober shall run, sorted by id.
  [[nodiscard]] std::vector<CheckSpec> specs() const;
  [[nodiscard]] std::size_t size() const { return trackers_.size(); }

 private:
  std::map<CheckId, Tracker> trackers_;
  std::uint64_t last_revision_ = 0;
};

}  // namespace keelvip::health
