#include "pkg/sim/scenario.h"

#include <vector>

#include <doctest/doctest.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using std::chrono::milliseconds;

using Hosts = std::vector<std::size_t>;

/// The example of the README: lb-1 is to hold it, lb-2 stands by, both if nginx answers.
api::VirtualIp web() {
  api::VirtualIp vip;
  vip.metadata.name = "web";
  vip.spec.addresses = {*net::Prefix::parse("192.168.0.254/24")};
  vip.spec.virtual_router_id = 254;
  vip.spec.nodes = {{"lb-1", 100}, {"lb-2", 50}};
  vip.spec.health_checks.emplace_back().name = "nginx";
  vip.spec.health_checks.back().probe = api::HttpGet{};
  return vip;
}

/// What a cluster with this VIP alone goes through.
struct Story {
  std::vector<api::VirtualIp> vips;
  Layout layout = lay_out(vips);

  Fate after(std::vector<Failure> failures, std::uint64_t seed = 1) const {
    const Outcome outcome = run_scenario(layout, vips, failures, seed);
    CHECK(outcome.settled);
    return outcome.fates.front();
  }
};

constexpr Failure kFirstDies{FailureKind::kPowerCut, 0};
constexpr Failure kSecondDies{FailureKind::kPowerCut, 1};
constexpr Failure kFirstStops{FailureKind::kStopped, 0};
constexpr Failure kFirstKilled{FailureKind::kAgentKilled, 0};
constexpr Failure kFirstCutOff{FailureKind::kCutOff, 0};
constexpr Failure kFirstFails{FailureKind::kCheckFails, 0};
constexpr Failure kSecondFails{FailureKind::kCheckFails, 1};

}  // namespace

TEST_CASE("the node with the higher priority is elected") {
  const Fate fate = Story{{web()}}.after({});
  CHECK(fate.before.empty());
  CHECK(fate.after == Hosts{0});
  CHECK(fate.served);
}

TEST_CASE("the backup takes over three adverts and its skew after the last advert of the dead") {
  const Story story{{web()}};
  const Duration interval = web().spec.advert_interval;
  const Duration down = 3 * interval + (256 - 50) * interval / 256;  // RFC 9568 6.1
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Fate fate = story.after({kFirstDies}, seed);
    CHECK(fate.before == Hosts{0});
    CHECK(fate.after == Hosts{1});
    CHECK(fate.longest_double == Duration{});
    CHECK(fate.outage > down - interval);
    CHECK(fate.outage < down + milliseconds(5));
  }
}

TEST_CASE("a stop costs clients nothing") {
  const Fate fate = Story{{web()}}.after({kFirstStops});
  CHECK(fate.after == Hosts{1});
  CHECK(fate.outage == Duration{});
  CHECK(fate.longest_double > Duration{});  // make before break
  CHECK(fate.longest_double < milliseconds(100));
}

TEST_CASE("addresses of a killed agent stay for their lease, or for ever without one") {
  Story lent{{web()}};
  const Fate fate = lent.after({kFirstKilled});
  CHECK(fate.after == Hosts{1});
  CHECK(fate.longest_double > milliseconds(500));
  CHECK(fate.longest_double < milliseconds(4000));
  api::VirtualIp forever = web();
  forever.spec.lease.duration = {};
  const Fate doubled = Story{{forever}}.after({kFirstKilled});
  CHECK(doubled.doubled);
  CHECK(doubled.after == Hosts{0, 1});
}

TEST_CASE("with many addresses the lease is longer, and it is waited for") {
  api::VirtualIp many = web();
  many.spec.lease.duration = std::chrono::seconds(1);
  many.spec.addresses.clear();
  for (std::uint8_t host = 1; host <= 110; ++host) {
    many.spec.addresses.push_back({net::IpAddress::v4({192, 168, 0, host}), 24});
  }
  const Fate fate = Story{{many}}.after({kFirstKilled});
  CHECK(fate.after == Hosts{1});
  CHECK_FALSE(fate.doubled);
  CHECK(fate.longest_double > std::chrono::seconds(3));
}

TEST_CASE("who is cut off keeps the address where no client sees it") {
  const Fate fate = Story{{web()}}.after({kFirstCutOff});
  CHECK(fate.after == Hosts{1});
  CHECK(fate.longest_double == Duration{});
  CHECK(fate.cut_off == Hosts{0});
}

TEST_CASE("a check that fails everywhere leaves nobody, and each node says why") {
  const Fate fate = Story{{web()}}.after({kFirstFails, kSecondFails});
  CHECK_FALSE(fate.served);
  CHECK(fate.after.empty());
  CHECK(fate.nobody_left);
  REQUIRE(fate.excuses.size() == 2);
  CHECK(fate.excuses[0].reason == "HealthCheckFailing");
  CHECK(fate.excuses[1].reason == "HealthCheckFailing");
  CHECK_FALSE(Story{{web()}}.after({kFirstFails}).nobody_left);
}

TEST_CASE("two failures that take both nodes leave nobody") {
  const Fate fate = Story{{web()}}.after({kFirstDies, kSecondDies});
  CHECK_FALSE(fate.served);
  CHECK(fate.nobody_left);
  REQUIRE(fate.excuses.size() == 2);
  CHECK(fate.excuses[0].reason == "PowerCut");
}

TEST_CASE("without preemption a better node leaves the VIP where it is") {
  api::VirtualIp vip = web();
  vip.spec.preemption.mode = api::Preemption::Mode::kNever;
  const Fate fate = Story{{vip}}.after({kSecondDies});
  CHECK(fate.untouched());
  api::HealthCheck& check = vip.spec.health_checks.front();
  check.on_failure = {api::OnFailure::Action::kLowerPriority, 60};
  CHECK(Story{{vip}}.after({kFirstFails}).after == Hosts{0});
  vip.spec.preemption.mode = api::Preemption::Mode::kImmediate;
  CHECK(Story{{vip}}.after({kFirstFails}).after == Hosts{1});
}

TEST_CASE("the same seed gives the same outcome, another one another moment") {
  const Story story{{web()}};
  const Fate fate = story.after({kFirstDies}, 7);
  CHECK(story.after({kFirstDies}, 7).outage == fate.outage);
  CHECK(story.after({kFirstDies}, 8).outage != fate.outage);
}

TEST_CASE("of several tries the worse is kept, VIP by VIP") {
  Outcome kept;
  kept.fates.resize(2);
  kept.fates[0].outage = milliseconds(500);
  Outcome other = kept;
  for (Fate* fate : {&kept.fates[0], &kept.fates[1], &other.fates[0], &other.fates[1]}) {
    fate->served = true;
  }
  other.fates[0].outage = milliseconds(400);
  other.fates[1].served = false;
  keep_worse(kept, other);
  CHECK(kept.fates[0].outage == milliseconds(500));
  CHECK_FALSE(kept.fates[1].served);
}

TEST_CASE("failures are listed for every node, interface and check, and pairs that add up") {
  std::vector vips{web(), web()};
  vips[1].metadata.name = "db";
  vips[1].spec.addresses = {*net::Prefix::parse("198.51.100.9/24")};
  vips[1].spec.interface = "eth1";
  vips[1].spec.nodes = {{"lb-2", 100}};
  const Layout layout = lay_out(vips);
  const std::vector<Failure> failures = all_failures(layout, vips);
  // lb-1: three ends, one interface in two ways, one check; lb-2 has two interfaces and two checks.
  CHECK(failures.size() == 6 + 9);
  CHECK(describe(failures[0], layout, vips) == "lb-1 loses power");
  CHECK(describe(failures.back(), layout, vips) == "lb-2: check db/nginx fails");
  CHECK(add_up(kFirstDies, kSecondDies));
  CHECK_FALSE(add_up(kFirstDies, kFirstFails));
  CHECK_FALSE(add_up(kFirstCutOff, {FailureKind::kLinkDown, 0}));
  CHECK(add_up(kFirstCutOff, kFirstFails));
}

}  // namespace keelvip::sim
