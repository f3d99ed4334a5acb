#include "pkg/health/tracker.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const CheckId kNginx{"web", "nginx"};

base::Now at(base::Duration since_start) {
  return {base::Instant{since_start}, base::WallTime{seconds{1'700'000'000} + since_start}};
}

CheckSpec spec_of_revision(std::uint64_t revision) {
  return {.id = kNginx,
          .probe = TcpProbe{"127.0.0.1", 80},
          .period = seconds{1},
          .timeout = seconds{1},
          .revision = revision};
}

CheckResult result(bool success, std::string reason = "because", std::uint64_t revision = 1) {
  return {.id = kNginx,
          .success = success,
          .reason = std::move(reason),
          .took = milliseconds{3},
          .ended = {},
          .revision = revision};
}

Tracker tracker_with(Thresholds thresholds) {
  return {spec_of_revision(1), thresholds, at(seconds{0})};
}

}  // namespace

TEST_CASE("nothing is claimed before the first result") {
  const Tracker tracker = tracker_with({2, 2});
  CHECK(tracker.verdict() == Verdict::kUnknown);
  CHECK(to_string(tracker.verdict()) == "Unknown");
  CHECK(tracker.last_reason().empty());
  CHECK(tracker.since().instant == base::Instant{});
}

TEST_CASE("the first result decides alone, whatever the thresholds") {
  Tracker good = tracker_with({3, 3});
  CHECK(good.observe(result(true), at(seconds{1})));
  CHECK(good.verdict() == Verdict::kHealthy);

  Tracker bad = tracker_with({3, 3});
  CHECK(bad.observe(result(false), at(seconds{1})));
  CHECK(bad.verdict() == Verdict::kUnhealthy);
}

TEST_CASE("a known verdict is overturned by that many results in a row") {
  Tracker tracker = tracker_with({2, 3});
  tracker.observe(result(true), at(seconds{1}));

  CHECK_FALSE(tracker.observe(result(false), at(seconds{2})));
  CHECK_FALSE(tracker.observe(result(false), at(seconds{3})));
  CHECK_FALSE(tracker.observe(result(true), at(seconds{4})));  // the row is broken
  CHECK_FALSE(tracker.observe(result(false), at(seconds{5})));
  CHECK_FALSE(tracker.observe(result(false), at(seconds{6})));
  CHECK(tracker.verdict() == Verdict::kHealthy);
  CHECK(tracker.observe(result(false), at(seconds{7})));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
  CHECK(tracker.since().instant == base::Instant{seconds{7}});

  CHECK_FALSE(tracker.observe(result(true), at(seconds{8})));
  CHECK(tracker.observe(result(true), at(seconds{9})));
  CHECK(tracker.verdict() == Verdict::kHealthy);
  CHECK(tracker.since().wall == at(seconds{9}).wall);
}

TEST_CASE("thresholds of one turn the verdict with every result") {
  Tracker tracker = tracker_with({1, 1});
  CHECK(tracker.observe(result(true), at(seconds{1})));
  CHECK(tracker.observe(result(false), at(seconds{2})));
  CHECK(tracker.observe(result(true), at(seconds{3})));
}

TEST_CASE("a result that changes nothing keeps since-when and renews the reason and the counts") {
  Tracker tracker = tracker_with({1, 1});
  tracker.observe(result(true, "HTTP 200 in 3 ms"), at(seconds{1}));
  CHECK_FALSE(tracker.observe(result(true, "HTTP 204 in 4 ms"), at(seconds{2})));
  CHECK(tracker.since().instant == base::Instant{seconds{1}});
  CHECK(tracker.last_reason() == "HTTP 204 in 4 ms");
  CHECK(tracker.last_took() == milliseconds{3});
  CHECK(tracker.successes() == 2);
  CHECK(tracker.failures() == 0);
}

TEST_CASE("while a check recovers its last failure still says why it is unhealthy") {
  Tracker tracker = tracker_with({2, 1});
  tracker.observe(result(false, "exit status 3"), at(seconds{1}));
  tracker.observe(result(true, "exit status 0"), at(seconds{2}));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
  CHECK(tracker.last_reason() == "exit status 0");
  CHECK(tracker.last_failure() == "exit status 3");
}

TEST_CASE("an answer to an older question, or to another check, is ignored") {
  Tracker tracker = tracker_with({1, 1});
  tracker.observe(result(true), at(seconds{1}));
  tracker.adopt(spec_of_revision(2), {1, 1}, at(seconds{2}));

  CHECK_FALSE(tracker.observe(result(false, "old", 1), at(seconds{3})));
  CheckResult foreign = result(false, "foreign", 2);
  foreign.id.check = "haproxy";
  CHECK_FALSE(tracker.observe(foreign, at(seconds{3})));
  CHECK(tracker.verdict() == Verdict::kHealthy);
  CHECK(tracker.failures() == 0);
}

TEST_CASE("after a change of the question the verdict stands until its first result decides") {
  Tracker tracker = tracker_with({3, 3});
  tracker.observe(result(true), at(seconds{1}));
  tracker.adopt(spec_of_revision(2), {3, 3}, at(seconds{2}));
  CHECK(tracker.verdict() == Verdict::kHealthy);
  CHECK(tracker.observe(result(false, "HTTP 404", 2), at(seconds{3})));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
}

TEST_CASE("a change of thresholds alone keeps the row of results") {
  Tracker tracker = tracker_with({2, 5});
  tracker.observe(result(true), at(seconds{1}));
  tracker.observe(result(false), at(seconds{2}));
  tracker.adopt(spec_of_revision(1), {2, 2}, at(seconds{2}));
  CHECK(tracker.observe(result(false), at(seconds{3})));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
}

TEST_CASE("silence counts as failures: a prober that hangs does not keep a node healthy") {
  Tracker tracker = tracker_with({2, 2});
  tracker.observe(result(true), at(seconds{10}));
  const auto silent_at = base::Instant{seconds{12}} + Tracker::kSilenceGrace;
  CHECK(tracker.next_deadline() == silent_at);

  CHECK_FALSE(tracker.advance(at(seconds{12})));
  CHECK(tracker.failures() == 0);
  CHECK_FALSE(tracker.advance(at(seconds{15})));  // the first of two
  CHECK(tracker.failures() == 1);
  CHECK(tracker.next_deadline() == base::Instant{seconds{16}});
  CHECK(tracker.advance(at(seconds{16})));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
  CHECK(tracker.last_reason() == "no result for 6 s");

  tracker.observe(result(true), at(seconds{17}));
  CHECK(tracker.observe(result(true), at(seconds{18})));
  CHECK(tracker.verdict() == Verdict::kHealthy);
}

TEST_CASE("a shorter period does not make the wait for the last result a failure") {
  CheckSpec slow = spec_of_revision(1);
  slow.period = seconds{60};
  Tracker tracker(slow, {2, 2}, at(seconds{0}));
  tracker.observe(result(true), at(seconds{1}));
  tracker.adopt(spec_of_revision(1), {2, 2}, at(seconds{50}));
  CHECK(tracker.next_deadline() == base::Instant{seconds{52}} + Tracker::kSilenceGrace);
  tracker.adopt(spec_of_revision(1), {2, 2}, at(seconds{51}));  // nothing new: nothing starts over
  CHECK(tracker.next_deadline() == base::Instant{seconds{52}} + Tracker::kSilenceGrace);
}

TEST_CASE("a check that never answered ends as unhealthy, not as unknown for ever") {
  Tracker tracker = tracker_with({2, 2});
  CHECK(tracker.advance({tracker.next_deadline(), {}}));
  CHECK(tracker.verdict() == Verdict::kUnhealthy);
}

}  // namespace keelvip::health
