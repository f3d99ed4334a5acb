#include "pkg/vrrp/timers.h"

#include <doctest/doctest.h>

namespace keelvip::vrrp {

using base::Centiseconds;
using base::Duration;

TEST_CASE("conformance 38: v3 scales the skew with the Active's interval, exactly") {
  CHECK(skew_time(Version::kV3, {100}, Centiseconds{100}) == Duration{609'375'000});
  CHECK(active_down_interval(Version::kV3, {100}, Centiseconds{100}) == Duration{3'609'375'000});
  CHECK(skew_time(Version::kV3, {254}, Centiseconds{10}) == Duration{781'250});
  CHECK(active_down_interval(Version::kV3, {254}, Centiseconds{10}) == Duration{300'781'250});
  CHECK(skew_time(Version::kV3, {1}, Centiseconds{4095}) == Duration{40'790'039'062});
}

TEST_CASE("conformance 38: v2 takes the skew from one second, whatever the interval") {
  CHECK(active_down_interval(Version::kV2, {100}, Centiseconds{100}) == Duration{3'609'375'000});
  CHECK(active_down_interval(Version::kV2, {150}, Centiseconds{100}) == Duration{3'414'062'500});
  CHECK(active_down_interval(Version::kV2, {100}, Centiseconds{500}) == Duration{15'609'375'000});
}

TEST_CASE("no two priorities share a skew, and the higher has the shorter") {
  for (const Version version : {Version::kV2, Version::kV3}) {
    for (unsigned p = 1; p < 255; ++p) {
      const auto lower = Priority{static_cast<std::uint8_t>(p)};
      const auto higher = Priority{static_cast<std::uint8_t>(p + 1)};
      CHECK(skew_time(version, lower, Centiseconds{1}) >
            skew_time(version, higher, Centiseconds{1}));
    }
  }
}

}  // namespace keelvip::vrrp
