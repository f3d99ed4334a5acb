// The only place that reads a clock. The edges and the threads of the agent
// call it and hand the reading on as `now`; pure packages never do. Any
// thread.
#pragma once

#include "pkg/base/time.h"

namespace keelvip::runtime {

/// CLOCK_MONOTONIC.
[[nodiscard]] base::Instant monotonic_now();

/// CLOCK_MONOTONIC and CLOCK_REALTIME, read one after the other.
[[nodiscard]] base::Now now();

}  // namespace keelvip::runtime
