#include "pkg/guard/log_line.h"

#include <string>

#include <doctest/doctest.h>

namespace keelvip::guard {

using runtime::LogFormat;
using runtime::LogLevel;

namespace {

const base::WallTime kAt{std::chrono::seconds(1'767'323'045) + std::chrono::microseconds(67)};

}  // namespace

TEST_CASE("the guard's lines read like those of the log") {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    for (const LogLevel level : {LogLevel::kInfo, LogLevel::kError}) {
      CAPTURE(static_cast<int>(format));
      LogLine line(format, kAt, level, "The worker died");
      line.field("reason", "killed by SIGKILL").field("resigned", 12);
      const std::string expected =
          runtime::format_log_line(format, kAt, level, "The worker died",
                                   {{"reason", "killed by SIGKILL"}, {"resigned", "12"}});
      CHECK(line.finish() == expected + "\n");
    }
  }
}

TEST_CASE("a line that is too long is cut and still ends as a line") {
  LogLine line(LogFormat::kJson, kAt, LogLevel::kWarn, "Long");
  const std::string value(600, 'x');
  CHECK(line.field("value", value).finish().ends_with("x}\n"));
}

}  // namespace keelvip::guard
