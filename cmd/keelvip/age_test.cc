#include "cmd/keelvip/age.h"

#include <chrono>

#include <doctest/doctest.h>

namespace keelvip::cmd {
namespace {

using std::chrono::seconds;

TEST_CASE("an age shows the units that matter") {
  CHECK(describe_age(seconds{-5}) == "0s");
  CHECK(describe_age(seconds{0}) == "0s");
  CHECK(describe_age(seconds{119}) == "119s");
  CHECK(describe_age(seconds{120}) == "2m");
  CHECK(describe_age(seconds{310}) == "5m10s");
  CHECK(describe_age(seconds{2'700}) == "45m");
  CHECK(describe_age(seconds{7'200 + 600}) == "2h10m");
  CHECK(describe_age(seconds{30 * 3'600 + 1'800}) == "30h");
  CHECK(describe_age(seconds{3 * 86'400 + 4 * 3'600}) == "3d4h");
  CHECK(describe_age(seconds{400 * 86'400}) == "400d");
}

TEST_CASE("times of the API are read, other text is not taken for one") {
  const base::WallTime time = *parse_time("2026-01-31T12:00:01Z");
  CHECK(time.time_since_epoch() == seconds{1'769'860'801});
  CHECK(parse_time("2026-01-31T12:00:01.999999Z") == time);
  CHECK(age_since("2026-01-31T12:00:01Z", time + seconds{45}) == "45s");
  CHECK_FALSE(parse_time(""));
  CHECK_FALSE(parse_time("2026-02-30T12:00:01Z"));
  CHECK_FALSE(parse_time("4052-01-31T12:00:01Z"));
  CHECK_FALSE(parse_time("1052-01-31T12:00:01Z"));
  CHECK_FALSE(parse_time("2026-01-31T12:00:01"));
  CHECK_FALSE(parse_time("2026-1-31T12:00:001Z"));
  CHECK(age_since("never", time) == "");
}

}  // namespace
}  // namespace keelvip::cmd
