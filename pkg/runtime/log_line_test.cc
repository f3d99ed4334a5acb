#include "pkg/runtime/log_line.h"

#include <memory_resource>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::runtime {
namespace {

using namespace std::chrono_literals;
constexpr base::WallTime kAt{1'700'000'000'000'042us};

/// While it lives, a line that takes memory from elsewhere throws.
class NoMemory {
 public:
  NoMemory() : before_(std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
  ~NoMemory() { std::pmr::set_default_resource(before_); }

 private:
  std::pmr::memory_resource* before_;
};

}  // namespace

TEST_CASE("a text line is the time, the level, the message and its pairs") {
  LogLine line(LogFormat::kText, kAt, LogLevel::kInfo, "Became Active");
  CHECK(
      line.field("virtualip", "web").field("reason", "no response").field("in_ms", -12).finish() ==
      "2023-11-14T22:13:20.000042Z info  Became Active virtualip=web reason=\"no response\" "
      "in_ms=-12");
}

TEST_CASE("a JSON line stays one valid line whatever a value holds") {
  LogLine line(LogFormat::kJson, kAt, LogLevel::kError, "Check \"x\" failed");
  CHECK(line.field("output", "a\nb\x01\xff\xc3\xa9").finish() ==
        "{\"time\":\"2023-11-14T22:13:20.000042Z\",\"level\":\"error\","
        "\"message\":\"Check \\\"x\\\" failed\","
        "\"output\":\"a\\nb\\u0001\\ufffd\xc3\xa9\"}");
}

TEST_CASE("a value that would break the key=value form is quoted") {
  LogLine line(LogFormat::kText, kAt, LogLevel::kWarn, "M");
  CHECK(line.field("a", "").field("b", "x=y").field("c", "line\nbreak").finish() ==
        "2023-11-14T22:13:20.000042Z warn  M a=\"\" b=\"x=y\" c=\"line\\nbreak\"");
}

TEST_CASE("an ordinary line allocates nothing, and a long one is whole all the same") {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const NoMemory none;
    LogLine line(format, kAt, LogLevel::kError, "The worker died");
    line.field("reason", "killed by SIGKILL").field("resigned", 4096).field("removed", 16384);
    CHECK_FALSE(line.finish().empty());
  }
  LogLine line(LogFormat::kText, kAt, LogLevel::kError, "Long");
  const std::string value(2 * LogLine::kInPlace, 'x');
  CHECK(line.field("value", value).finish().ends_with("value=" + value));
}

}  // namespace keelvip::runtime
