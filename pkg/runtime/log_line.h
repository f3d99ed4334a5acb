// LogLine: one event as one line: the time, the level, a constant message and key/value pairs. The
// log makes its lines with it, and the guard, which has no thread for a log, writes them itself.
// The text of an ordinary line lies in the object, so that making one allocates nothing. Any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::runtime {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

class LogLine {
 public:
  /// Bytes of a line that need no memory from elsewhere.
  static constexpr std::size_t kInPlace = 512;

  LogLine(LogFormat format, base::WallTime at, LogLevel level, std::string_view message);
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  /// Control characters and quotes in values are escaped, invalid UTF-8 is replaced, so that one
  /// event is always one line.
  LogLine& field(std::string_view key, std::string_view value);
  LogLine& field(std::string_view key, std::int64_t value);

  /// The whole line, without a newline; lies in the object. Call it or write(), once.
  [[nodiscard]] std::string_view finish();

  /// The whole line to standard error, now. A reader who stalls loses it: nobody waits.
  void write();

 private:
  void put_quoted(std::string_view text);

  LogFormat format_;
  std::array<std::byte, kInPlace + 1> place_;
  std::pmr::monotonic_buffer_resource memory_{place_.data(), place_.size()};
  std::pmr::string text_{&memory_};
};

}  // namespace keelvip::runtime
