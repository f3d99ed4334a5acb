#include "pkg/health/tracker.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace keelvip::health {
namespace {

base::Instant expected_by(const CheckSpec& spec, base::Instant last_heard) {
  return last_heard + spec.period + spec.timeout + Tracker::kSilenceGrace;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHealthy:
      return "Healthy";
    case Verdict::kUnhealthy:
      return "Unhealthy";
    case Verdict::kUnknown:
      break;
  }
  return "Unknown";
}

Tracker::Tracker(CheckSpec spec, Thresholds thresholds, base::Now now)
    : spec_(std::move(spec)),
      thresholds_(thresholds),
      since_(now),
      last_heard_(now.instant),
      silent_at_(expected_by(spec_, now.instant)) {}

void Tracker::adopt(CheckSpec spec, Thresholds thresholds, base::Now now) {
  thresholds_ = thresholds;
  if (spec == spec_) {
    return;  // and the wait for its result goes on
  }
  if (spec.revision != spec_.revision) {
    first_decides_ = true;
    in_a_row_ = 0;
  }
  spec_ = std::move(spec);
  silent_at_ = expected_by(spec_, now.instant);
}

bool Tracker::observe(const CheckResult& result, base::Now now) {
  if (result.id != spec_.id || result.revision != spec_.revision) {
    return false;
  }
  last_reason_ = result.reason;
  last_took_ = result.took;
  last_heard_ = now.instant;
  silent_at_ = expected_by(spec_, now.instant);
  return count(result.success, now);
}

bool Tracker::advance(base::Now now) {
  if (now.instant < silent_at_) {
    return false;
  }
  const auto silence = now.instant - last_heard_;
  last_reason_ = fmt::format("no result for {} s",
                             std::chrono::duration_cast<std::chrono::seconds>(silence).count());
  last_took_ = {};
  silent_at_ = now.instant + spec_.period;
  return count(false, now);
}

bool Tracker::count(bool success, base::Now now) {
  ++(success ? successes_ : failures_);
  if (!success) {
    last_failure_ = last_reason_;
  }
  if (success != last_success_) {
    in_a_row_ = 0;
  }
  last_success_ = success;
  if (in_a_row_ < std::numeric_limits<std::uint32_t>::max()) {
    ++in_a_row_;
  }
  const Verdict implied = success ? Verdict::kHealthy : Verdict::kUnhealthy;
  const bool decides = std::exchange(first_decides_, false) || overturned_by(success);
  if (!decides || implied == verdict_) {
    return false;
  }
  verdict_ = implied;
  since_ = now;
  return true;
}

bool Tracker::overturned_by(bool success) const {
  const std::uint32_t needed = success ? thresholds_.success : thresholds_.failure;
  return in_a_row_ >= std::max<std::uint32_t>(needed, 1);
}

}  // namespace keelvip::health
