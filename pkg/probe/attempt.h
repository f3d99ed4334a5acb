// Attempt: one run of one check, from its start to its outcome. The words that the prober and the
// engines behind it (TCP, HTTP, exec) share. Probe thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::probe {

/// Never reused while the process lives.
using AttemptId = std::uint64_t;

struct Outcome {
  bool success = false;
  std::string reason;  // for people
  /// No connection came about; another address of the same host may do better.
  bool unreachable = false;
};

/// Called once for an attempt that was started and not cancelled; maybe before start() returns.
using Done = std::function<void(AttemptId, Outcome)>;

/// "3.2 ms", "1.5 s", "2 s".
[[nodiscard]] std::string describe(base::Duration duration);

/// The first line of what a stranger said, at most `limit` bytes, everything but printable ASCII
/// replaced: fit for a log line, a status field and a terminal.
[[nodiscard]] std::string first_line(std::string_view text, std::size_t limit);

}  // namespace keelvip::probe
