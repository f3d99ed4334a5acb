// LogLine: one line in the form of the runtime's log, made in memory of a fixed size and written at
// once. The guard cannot use that log: it has a thread and allocates. What does not fit is cut, and
// a reader who stalls loses the line: nobody waits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pkg/base/time.h"
#include "pkg/runtime/log.h"

namespace keelvip::guard {

class LogLine {
 public:
  /// Neither message nor fields hold a quote, a backslash or a control character.
  LogLine(runtime::LogFormat format, base::WallTime at, runtime::LogLevel level,
          std::string_view message);

  LogLine& field(std::string_view key, std::string_view value);
  LogLine& field(std::string_view key, std::int64_t value);

  /// The whole line with its newline. Call once.
  [[nodiscard]] std::string_view finish();

  /// finish(), to standard error.
  void write();

 private:
  void put(std::string_view text);

  runtime::LogFormat format_;
  std::array<char, 512> text_{};
  std::size_t size_ = 0;
};

}  // namespace keelvip::guard
