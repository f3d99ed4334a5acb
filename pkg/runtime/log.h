// The log: one structured line per event, a constant message and key/value pairs, written to
// standard error by a thread of its own. The queue is bounded: when the reader of standard error
// stalls, the oldest lines are dropped and counted, nobody waits. Any thread but the speaker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/runtime/log_line.h"

namespace keelvip::runtime {

struct LogField {
  std::string key;
  std::string value;

  friend bool operator==(const LogField&, const LogField&) = default;
};

/// Starts the log thread. Call once, after the process has its final scheduling class and before
/// log_event; what is logged before goes nowhere.
void start_log(LogFormat format, LogLevel least);

void log_event(LogLevel level, std::string_view message, const std::vector<LogField>& fields = {});

/// Lines dropped so far because the queue was full.
[[nodiscard]] std::uint64_t dropped_log_lines();

/// Writes out what is queued and ends the log thread; a reader who does not read, as of a full
/// pipe, is waited for a second.
void stop_log();

}  // namespace keelvip::runtime
