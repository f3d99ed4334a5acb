#include "pkg/runtime/log.h"

#include <doctest/doctest.h>

namespace keelvip::runtime {
namespace {

using namespace std::chrono_literals;
constexpr base::WallTime kAt{1'700'000'000'000'042us};

}  // namespace

TEST_CASE("a text line is the time, the level, the message and its pairs") {
  CHECK(format_log_line(LogFormat::kText, kAt, LogLevel::kInfo, "Became Active",
                        {{"virtualip", "web"}, {"reason", "no response"}}) ==
        "2023-11-14T22:13:20.000042Z info  Became Active virtualip=web reason=\"no response\"");
}

TEST_CASE("a JSON line stays one valid line whatever a value holds") {
  CHECK(format_log_line(LogFormat::kJson, kAt, LogLevel::kError, "Check \"x\" failed",
                        {{"output", "a\nb\x01\xff\xc3\xa9"}}) ==
        "{\"time\":\"2023-11-14T22:13:20.000042Z\",\"level\":\"error\","
        "\"message\":\"Check \\\"x\\\" failed\","
        "\"output\":\"a\\nb\\u0001\\ufffd\xc3\xa9\"}");
}

TEST_CASE("a value that would break the key=value form is quoted") {
  CHECK(format_log_line(LogFormat::kText, kAt, LogLevel::kWarn, "M",
                        {{"a", ""}, {"b", "x=y"}, {"c", "line\nbreak"}}) ==
        "2023-11-14T22:13:20.000042Z warn  M a=\"\" b=\"x=y\" c=\"line\\nbreak\"");
}

}  // namespace keelvip::runtime
