#include "pkg/status/timestamp.h"

#include <chrono>

#include <doctest/doctest.h>

namespace keelvip::status {
namespace {

TEST_CASE("times are RFC 3339 in UTC") {
  const base::WallTime leap{std::chrono::seconds{1'709'210'096} + std::chrono::microseconds{7}};
  CHECK(rfc3339_seconds(leap) == "2024-02-29T12:34:56Z");
  CHECK(rfc3339_micros(leap) == "2024-02-29T12:34:56.000007Z");
  CHECK(rfc3339_seconds(base::WallTime{}) == "1970-01-01T00:00:00Z");
}

TEST_CASE("a clock before 1970 does not break the text") {
  CHECK(rfc3339_micros(base::WallTime{std::chrono::milliseconds{-1}}) ==
        "1969-12-31T23:59:59.999000Z");
}

}  // namespace
}  // namespace keelvip::status
