#include "pkg/runtime/clock.h"

#include <ctime>

namespace keelvip::runtime {
namespace {

base::Duration read(clockid_t clock) {
  timespec value{};
  ::clock_gettime(clock, &value);
  return std::chrono::seconds(value.tv_sec) + base::Duration(value.tv_nsec);
}

}  // namespace

base::Instant monotonic_now() {
  return base::Instant(read(CLOCK_MONOTONIC));
}

base::Now now() {
  return {monotonic_now(), base::WallTime(read(CLOCK_REALTIME))};
}

}  // namespace keelvip::runtime
