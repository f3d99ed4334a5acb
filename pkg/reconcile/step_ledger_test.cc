#include "pkg/reconcile/step_ledger.h"

#include <doctest/doctest.h>

#include "pkg/reconcile/story.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using namespace std::chrono_literals;

const base::Error kNoMemory = base::retry_error("out of memory");
const base::Error kRefused = base::report_error("not permitted");

/// web became Active and its step is on its way.
Story waiting_story() {
  Story story;
  story.read_host();
  story.read_specs({vip("web", {"192.0.2.10/24"})});
  story.obey();
  story.become_active();
  story.told.clear();
  return story;
}

/// How long until the next step for the address comes.
base::Duration time_to_retry(Story& story) {
  const base::Instant failed = story.now.instant;
  while (story.steps.empty() && story.now.instant < failed + 10s) {
    story.pass(std::max(base::Duration{1us}, story.controller.next_deadline() - story.now.instant));
  }
  return story.now.instant - failed;
}

TEST_CASE("A step that may work later is tried again, later each time, up to every 5 s") {
  Story story = waiting_story();
  std::vector<base::Duration> delays;
  for (int i = 0; i < 12; ++i) {
    story.fail_steps(kNoMemory);
    delays.push_back(time_to_retry(story));
  }
  CHECK(delays[0] == 10ms);
  CHECK(delays[1] == 20ms);
  CHECK(delays[8] == 2560ms);
  CHECK(delays[9] == 5s);
  CHECK(delays[11] == 5s);
  CHECK(story.times_told("Address could not be changed") == 1);
  CHECK(story.controller.snapshot(story.now).kernel.step_failures == 12);
  CHECK(story.condition("web", "Ready") ==
        "False AddressNotSet: 192.0.2.10/24 cannot be added: out of memory; trying again.");

  SUBCASE("and what works at last is as if it had worked at once") {
    story.carry_out();
    CHECK(story.condition("web", "Ready").starts_with("True Active"));
    CHECK(story.generation() == 1);
    CHECK(story.times_told("Address could be changed at last") == 1);
  }
  SUBCASE("and a new reason is told") {
    story.fail_steps(base::retry_error("another reason"));
    CHECK(story.times_told("Address could not be changed") == 2);
  }
  SUBCASE("and is given up when it is no longer called for") {
    story.fail_steps(kNoMemory);
    story.report(0, vrrp::Role::kBackup, vrrp::TransitionReason::kHigherPriority);
    CHECK(story.condition("web", "Ready").starts_with("True Backup"));
    CHECK(time_to_retry(story) >= 10s);
  }
}

TEST_CASE("A step that cannot work waits until specs or host change, but not for ever") {
  Story story = waiting_story();
  story.fail_steps(kRefused);
  CHECK(story.condition("web", "Ready") ==
        "False AddressNotSet: 192.0.2.10/24 cannot be added: not permitted; waiting for a change, "
        "and trying again now and then.");
  SUBCASE("neither, as far as can be seen") {
    CHECK(time_to_retry(story) == 10s);
    story.fail_steps(kRefused);
    CHECK(time_to_retry(story) == 10s);
    CHECK(story.times_told("Address could not be changed") == 1);
    story.carry_out();
    CHECK(story.condition("web", "Ready").starts_with("True Active"));
  }
  SUBCASE("host") {
    story.facts.links[2].mtu = 9000;
    story.read_host();
    CHECK(story.steps.size() == 1);
  }
  SUBCASE("specs") {
    story.read_specs({vip("web", {"192.0.2.10/24"})});
    CHECK(story.steps.size() == 1);
  }
}

TEST_CASE("A failing address does not keep others from being put on") {
  Story story;
  story.read_host();
  story.read_specs({vip("web", {"192.0.2.10/24", "192.0.2.11/24"})});
  story.obey();
  story.become_active();
  REQUIRE(story.steps.size() == 2);
  const net::AddressStep works = story.steps[1];
  story.apply(works);
  story.read_host();
  story.give(StepsDone{{{story.steps[0], base::unexpected(kRefused)}, {works, {}}}});
  CHECK(story.generation(0) == 0);
  CHECK(story.generation(1) == 1);
}

TEST_CASE("A step that nobody answers counts as failed after 5 s and is tried again") {
  Story story = waiting_story();
  story.steps.clear();
  story.pass(4999ms);
  CHECK(story.steps.empty());
  story.pass(1ms);
  CHECK(story.controller.snapshot(story.now).kernel.step_failures == 1);
  CHECK(time_to_retry(story) == 10ms);
}

TEST_CASE("Answers to steps that nobody waits for do no harm") {
  Story story = waiting_story();
  const net::AddressStep stranger{net::StepKind::kAdd, {2}, prefix("192.0.2.99/24")};
  story.give(StepsDone{{{stranger, {}}, {stranger, base::unexpected(kRefused)}}});
  CHECK(story.controller.snapshot(story.now).kernel.step_failures == 0);
  CHECK(story.controller.snapshot(story.now).kernel.addresses_added == 0);
}

TEST_CASE("An address that cannot be removed is not kept secret") {
  Story story = waiting_story();
  story.carry_out();
  story.report(0, vrrp::Role::kBackup, vrrp::TransitionReason::kHigherPriority);
  story.fail_steps(kRefused);
  CHECK(story.condition("web", "Ready").starts_with("False AddressNotRemoved: 192.0.2.10/24"));
}

}  // namespace
}  // namespace keelvip::reconcile
