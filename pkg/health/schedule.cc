#include "pkg/health/schedule.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pkg/base/check.h"

namespace keelvip::health {
namespace {

std::uint64_t absorb(std::uint64_t hash, std::string_view text) {
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;  // FNV-1a
  }
  return hash;
}

// The same on every node and run; even over short intervals, where plain FNV-1a of names that
// differ in their last byte is not.
std::uint64_t spread_of(const CheckId& id) {
  std::uint64_t hash = absorb(0xcbf29ce484222325U, id.vip);
  hash = absorb(hash, std::string_view("\0", 1));
  hash = absorb(hash, id.check);
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;  // the finalizer of SplitMix64
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

base::Duration spread_over(const CheckId& id, base::Duration window) {
  const auto length = static_cast<std::uint64_t>(window.count());
  return base::Duration{static_cast<std::int64_t>(spread_of(id) % length)};
}

}  // namespace

Schedule::Schedule(const CheckId& id, base::Duration period, base::Instant now)
    : period_(std::max(period, kShortestPeriod)),
      phase_(now + spread_over(id, period_)),
      due_(now + spread_over(id, std::min(period_, kFirstWithin))),
      started_(now) {}

void Schedule::start(base::Instant now) {
  KEELVIP_CHECK(!running_);
  running_ = true;
  started_ = now;
  due_ = base::kNever;
}

void Schedule::finish(base::Instant now) {
  KEELVIP_CHECK(running_);
  running_ = false;
  due_ = grid_point_from(std::max(now - period_ / 2, started_ + period_ / 2));
}

void Schedule::change_period(base::Duration period, base::Instant now) {
  period_ = std::max(period, kShortestPeriod);
  if (!running_) {
    due_ = std::min(due_, grid_point_from(now));
  }
}

base::Instant Schedule::grid_point_from(base::Instant earliest) const {
  if (earliest <= phase_) {
    return phase_ - (phase_ - earliest) / period_ * period_;
  }
  const auto steps = (earliest - phase_ + period_ - base::Duration{1}) / period_;
  return phase_ + steps * period_;
}

}  // namespace keelvip::health
