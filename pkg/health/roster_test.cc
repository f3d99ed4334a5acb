#include "pkg/health/roster.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::health {
namespace {

using std::chrono::seconds;

base::Now at(base::Duration since_start) {
  return {base::Instant{since_start}, base::WallTime{since_start}};
}

Roster::Entry entry(std::string check, std::uint16_t port, seconds period = seconds{1}) {
  return {.spec = {.id = {"web", std::move(check)},
                   .probe = TcpProbe{"127.0.0.1", port},
                   .period = period,
                   .timeout = seconds{1}},
          .thresholds = {1, 1}};
}

CheckResult answer_to(const CheckSpec& spec, bool success) {
  return {.id = spec.id,
          .success = success,
          .reason = "HTTP 200",
          .took = seconds{0},
          .ended = {},
          .revision = spec.revision};
}

}  // namespace

TEST_CASE("a roster hands out what the prober shall run, sorted and numbered") {
  Roster roster;
  CHECK(roster.adopt({entry("nginx", 80), entry("dns", 53)}, at(seconds{0})));
  const std::vector<CheckSpec> specs = roster.specs();
  REQUIRE(specs.size() == 2);
  CHECK(specs[0].id.check == "dns");
  CHECK(specs[1].id.check == "nginx");
  CHECK(specs[0].revision != specs[1].revision);
  CHECK_FALSE(roster.adopt({entry("dns", 53), entry("nginx", 80)}, at(seconds{1})));
  CHECK(roster.specs() == specs);
}

TEST_CASE("checks that stay keep their verdicts when others come and go") {
  Roster roster;
  roster.adopt({entry("nginx", 80)}, at(seconds{0}));
  CHECK(roster.observe(answer_to(roster.specs()[0], true), at(seconds{1})));
  CHECK(roster.adopt({entry("nginx", 80, seconds{5}), entry("dns", 53)}, at(seconds{2})));
  CHECK(roster.find({"web", "nginx"})->verdict() == Verdict::kHealthy);
  CHECK(roster.find({"web", "dns"})->verdict() == Verdict::kUnknown);
  CHECK(roster.find({"web", "ftp"}) == nullptr);
}

TEST_CASE("another period is the same question, another port is a new one") {
  Roster roster;
  roster.adopt({entry("nginx", 80)}, at(seconds{0}));
  const CheckSpec first = roster.specs()[0];
  roster.adopt({entry("nginx", 80, seconds{5})}, at(seconds{1}));
  CHECK(roster.specs()[0].revision == first.revision);
  CHECK(roster.observe(answer_to(first, true), at(seconds{1})));

  roster.adopt({entry("nginx", 81)}, at(seconds{2}));
  CHECK(roster.specs()[0].revision != first.revision);
  CHECK_FALSE(roster.observe(answer_to(first, false), at(seconds{2})));
  CHECK(roster.find(first.id)->verdict() == Verdict::kHealthy);
}

TEST_CASE("an answer that was under way when its check went and came back is ignored") {
  Roster roster;
  roster.adopt({entry("nginx", 80)}, at(seconds{0}));
  const CheckSpec before = roster.specs()[0];
  roster.adopt({}, at(seconds{1}));
  CHECK_FALSE(roster.observe(answer_to(before, true), at(seconds{1})));
  roster.adopt({entry("nginx", 80)}, at(seconds{2}));
  CHECK_FALSE(roster.observe(answer_to(before, true), at(seconds{2})));
  CHECK(roster.find(before.id)->verdict() == Verdict::kUnknown);
}

TEST_CASE("the earliest silence is the roster's deadline, and it counts for that check alone") {
  Roster roster;
  CHECK(roster.next_deadline() == base::kNever);
  roster.adopt({entry("slow", 80, seconds{60}), entry("fast", 81)}, at(seconds{0}));
  const base::Instant deadline = roster.next_deadline();
  CHECK(deadline == base::Instant{seconds{2}} + Tracker::kSilenceGrace);
  CHECK(roster.advance({deadline, {}}));
  CHECK(roster.find({"web", "fast"})->verdict() == Verdict::kUnhealthy);
  CHECK(roster.find({"web", "slow"})->verdict() == Verdict::kUnknown);
}

}  // namespace keelvip::health
