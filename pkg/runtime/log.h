// The log: one structured line per event, a constant message and key/value pairs, written to
// standard error by a thread of its own. The queue is bounded: when the reader of standard error
// stalls, the oldest lines are dropped and counted, nobody waits. Any thread but the speaker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/base/time.h"

namespace keelvip::runtime {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogField {
  std::string key;
  std::string value;

  friend bool operator==(const LogField&, const LogField&) = default;
};

/// One line without its newline. Control characters and quotes in values are escaped, invalid UTF-8
/// is replaced, so that one event is always one line.
[[nodiscard]] std::string format_log_line(LogFormat format, base::WallTime at, LogLevel level,
                                          std::string_view message,
                                          const std::vector<LogField>& fields);

/// Starts the log thread. Call once, after the process has its final scheduling class and before
/// log_event; what is logged before goes nowhere.
void start_log(LogFormat format, LogLevel least);

void log_event(LogLevel level, std::string_view message, const std::vector<LogField>& fields = {});

/// Lines dropped so far because the queue was full.
[[nodiscard]] std::uint64_t dropped_log_lines();

/// Writes out what is queued and ends the log thread.
void stop_log();

}  // namespace keelvip::runtime
