#include "pkg/health/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::health {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const CheckId kNginx{"web", "nginx"};
constexpr base::Instant kStart{seconds{1000}};

/// Runs one attempt that starts when it is due, or `late` after, and takes `took`.
base::Instant run_once(Schedule& schedule, base::Duration took, base::Duration late = {}) {
  const base::Instant started = schedule.due() + late;
  schedule.start(started);
  schedule.finish(started + took);
  return started;
}

}  // namespace

TEST_CASE("the first attempt comes soon, at the same moment on every run") {
  const Schedule one(kNginx, seconds{60}, kStart);
  const Schedule other(kNginx, seconds{60}, kStart);
  CHECK(one.due() >= kStart);
  CHECK(one.due() < kStart + Schedule::kFirstWithin);
  CHECK(one.due() == other.due());
  CHECK(Schedule({"web", "b"}, seconds{60}, kStart).due() != one.due());
}

TEST_CASE("a thousand checks start evenly, not all at once") {
  for (const base::Duration period : {base::Duration{seconds{5}}, base::Duration{seconds{1}}}) {
    std::array<int, 10> first{};
    std::array<int, 10> steady{};
    for (int i = 0; i < 1000; ++i) {
      Schedule schedule({"vip-" + std::to_string(i), "http"}, period, kStart);
      const auto window = std::min(period, Schedule::kFirstWithin);
      ++first.at(static_cast<std::size_t>((schedule.due() - kStart) * 10 / window));
      run_once(schedule, milliseconds{2});
      const auto phase = (schedule.due() - kStart) % period;
      ++steady.at(static_cast<std::size_t>(phase * 10 / period));
    }
    CHECK(*std::max_element(first.begin(), first.end()) < 150);
    CHECK(*std::max_element(steady.begin(), steady.end()) < 150);
    CHECK(*std::min_element(steady.begin(), steady.end()) > 50);
  }
}

TEST_CASE("attempts do not drift, however long they take and however late they start") {
  Schedule schedule(kNginx, seconds{1}, kStart);
  run_once(schedule, milliseconds{3});
  const base::Instant grid = schedule.due();
  for (int i = 1; i <= 1000; ++i) {
    run_once(schedule, milliseconds{i % 400}, microseconds{i});
    CHECK(schedule.due() == grid + i * seconds{1});
  }
}

TEST_CASE("an attempt that runs has no next one") {
  Schedule schedule(kNginx, seconds{1}, kStart);
  schedule.start(schedule.due());
  CHECK(schedule.running());
  CHECK(schedule.due() == base::kNever);
}

TEST_CASE("a timeout as long as the period does not halve the rate") {
  Schedule schedule(kNginx, seconds{1}, kStart);
  run_once(schedule, milliseconds{1});
  const base::Instant grid = schedule.due();
  for (int i = 1; i <= 10; ++i) {
    schedule.start(std::max(schedule.due(), grid + (i - 1) * (seconds{1} + microseconds{100})));
    schedule.finish(grid + i * (seconds{1} + microseconds{100}));
    CHECK(schedule.due() == grid + i * seconds{1});  // just missed: starts at once
  }
}

TEST_CASE("an attempt that overran by more than half a period waits for the next grid point") {
  Schedule schedule(kNginx, seconds{1}, kStart);
  run_once(schedule, milliseconds{1});
  const base::Instant grid = schedule.due();
  run_once(schedule, milliseconds{1700});
  CHECK(schedule.due() == grid + seconds{2});
}

TEST_CASE("a wake-up that is periods late runs the check once, not once per missed period") {
  Schedule schedule(kNginx, seconds{1}, kStart);
  run_once(schedule, milliseconds{1});
  const base::Instant grid = schedule.due();
  run_once(schedule, milliseconds{1}, milliseconds{7300});
  CHECK(schedule.due() == grid + seconds{8});
  run_once(schedule, milliseconds{1}, milliseconds{900});  // 0.1 s before the next grid point
  CHECK(schedule.due() == grid + seconds{10});
}

TEST_CASE("another period takes effect at once and does not disturb an attempt that runs") {
  Schedule idle(kNginx, seconds{600}, kStart);
  run_once(idle, milliseconds{1});
  const base::Instant now = kStart + seconds{2};
  idle.change_period(milliseconds{100}, now);
  CHECK(idle.due() >= now);
  CHECK(idle.due() <= now + milliseconds{100});

  Schedule busy(kNginx, seconds{1}, kStart);
  busy.start(busy.due());
  busy.change_period(milliseconds{100}, now);
  CHECK(busy.due() == base::kNever);
}

}  // namespace keelvip::health
