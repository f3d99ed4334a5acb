#include "pkg/health/roster.h"

#include <algorithm>
#include <utility>

namespace keelvip::health {

bool Roster::adopt(std::vector<Entry> entries, base::Now now) {
  const std::vector<CheckSpec> before = specs();
  std::map<CheckId, Tracker> kept;
  for (Entry& entry : entries) {
    const CheckId id = entry.spec.id;
    const auto known = trackers_.find(id);
    if (known == trackers_.end()) {
      entry.spec.revision = ++last_revision_;
      kept.insert_or_assign(id, Tracker(std::move(entry.spec), entry.thresholds, now));
      continue;
    }
    const bool same_question = known->second.spec().probe == entry.spec.probe;
    entry.spec.revision = same_question ? known->second.spec().revision : ++last_revision_;
    Tracker tracker = known->second;
    tracker.adopt(std::move(entry.spec), entry.thresholds, now);
    kept.insert_or_assign(id, std::move(tracker));
  }
  trackers_ = std::move(kept);
  return specs() != before;
}

bool Roster::observe(const CheckResult& result, base::Now now) {
  const auto found = trackers_.find(result.id);
  return found != trackers_.end() && found->second.observe(result, now);
}

bool Roster::advance(base::Now now) {
  bool changed = false;
  for (auto& [id, tracker] : trackers_) {
    changed = tracker.advance(now) || changed;
  }
  return changed;
}

base::Instant Roster::next_deadline() const {
  base::Instant earliest = base::kNever;
  for (const auto& [id, tracker] : trackers_) {
    earliest = std::min(earliest, tracker.next_deadline());
  }
  return earliest;
}

const Tracker* Roster::find(const CheckId& id) const {
  const auto found = trackers_.find(id);
  return found == trackers_.end() ? nullptr : &found->second;
}

std::vector<CheckSpec> Roster::specs() const {
  std::vector<CheckSpec> all;
  all.reserve(trackers_.size());
  for (const auto& [id, tracker] : trackers_) {
    all.push_back(tracker.spec());
  }
  return all;
}

}  // namespace keelvip::health
