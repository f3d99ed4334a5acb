// Addresses are lent: stories of renewals, and of what happens without them.
#include "pkg/reconcile/lease.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "pkg/reconcile/story.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using namespace std::chrono_literals;
using vrrp::Role;
using Texts = std::vector<std::string>;

/// VIPs of four addresses each (or a single one), all Active, in the kernel.
Story active_story(int addresses, base::Duration lease = 3s) {
  Story story;
  story.read_host();
  std::vector<api::VirtualIp> wanted;
  for (int i = 0; i < addresses; ++i) {
    if (i % 4 == 0) {
      wanted.push_back(
          vip("vip-" + std::to_string(i / 4), {}, static_cast<std::uint8_t>(i / 4 + 1)));
      wanted.back().spec.lease.duration = lease;
    }
    const auto high = static_cast<std::uint8_t>(i / 250);
    const auto low = static_cast<std::uint8_t>(i % 250 + 1);
    wanted.back().spec.addresses.push_back({net::IpAddress::v4({10, 0, high, low}), 32});
  }
  story.read_specs(wanted);
  story.obey();
  for (vrrp::RouterReport& router : story.speaker.routers) {
    router.role = Role::kActive;
    router.since = story.now.instant;
  }
  story.give(SpeakerReported{&story.speaker});
  story.carry_out();
  return story;
}

}  // namespace

TEST_CASE("A lease of 3 s is 2 s for the kernel, which looks once a second; many make it longer") {
  CHECK(lifetime_of(3s, 1, 800ms) == 2s);
  CHECK(lifetime_of(3s, 53, 800ms) == 2s);
  CHECK(lifetime_of(3s, 54, 800ms) == 3s);
  CHECK(lifetime_of(3s, 250, 800ms) == 10s);
  CHECK(lifetime_of(3s, 1000, 800ms) == 38s);
  CHECK(lifetime_of(60s, 250, 800ms) == 59s);
  CHECK(lifetime_of(1s, 1, 800ms) == 2s);
  CHECK(lifetime_of(0s, 1000, 800ms) == 0s);
}

TEST_CASE(
    "With slow adverts an address is lent for so long that it answers until its successor does") {
  CHECK(lifetime_of(3s, 1, 7s) == 11s);  // version 2, every 2 s: two thirds are more than 7 s
  CHECK(lifetime_of(30s, 1, 7s) == 29s);
}

TEST_CASE("An address is lent when it is added, and renewed three times in its life") {
  Story story;
  story.read_host();
  story.read_specs({vip("web", {"192.0.2.10/24"})});
  story.obey();
  story.become_active();
  REQUIRE(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  CHECK(story.steps[0].lifetime == 2s);
  story.carry_out();
  for (int i = 0; i < 5; ++i) {
    story.pass(600ms);
    CHECK(story.steps.empty());
    story.pass(67ms);
    REQUIRE(story.step_texts() == Texts{"=192.0.2.10/24@2"});
    CHECK(story.steps[0].lifetime == 2s);
    story.carry_out();
  }
}

TEST_CASE("An address that goes from one VIP to another is lent anew, for the other's time") {
  for (const base::Duration lease : {30s, 0s}) {
    for (const bool deleted : {false, true}) {
      CAPTURE(deleted);
      Story story;
      story.read_host();
      auto giver = vip("giver", {"192.0.2.10/24", "192.0.2.11/24"}, 1);
      auto taker = vip("taker", {"192.0.2.12/24"}, 2);
      taker.spec.lease.duration = lease;
      story.read_specs({giver, taker});
      story.obey();
      story.become_active(0);
      story.become_active(1);
      story.carry_out();
      giver.spec.addresses = {prefix("192.0.2.11/24")};
      taker.spec.addresses.push_back(prefix("192.0.2.10/24"));
      story.read_specs(deleted ? std::vector{taker} : std::vector{giver, taker});
      const auto last = std::ranges::find(story.steps.rbegin(), story.steps.rend(),
                                          prefix("192.0.2.10/24"), &net::AddressStep::prefix);
      REQUIRE(last != story.steps.rend());
      CHECK(last->kind == net::StepKind::kRenew);
      CHECK(last->lifetime == (lease == 0s ? 0s : 29s));
    }
  }
}

TEST_CASE("An address that is not ours any more is not renewed") {
  Story story = active_story(1);
  story.facts.addresses.back().ours = false;
  story.remove_address("10.0.0.1/32");
  story.facts.addresses.push_back(address(2, "10.0.0.1/32"));
  sort_addresses(story.facts);
  story.read_host();
  story.steps.clear();
  story.pass(700ms);
  CHECK(story.step_texts() == Texts{});
}

TEST_CASE("An address is renewed as long as its router hands over, and not afterwards") {
  Story story = active_story(1);
  story.give(StopRequested{});
  story.obey();
  story.pass(667ms);
  CHECK(story.step_texts() == Texts{"=10.0.0.1/32@2"});
  story.carry_out();
  story.end_hand_over();
  CHECK(story.step_texts() == Texts{"-10.0.0.1/32@2"});
}

TEST_CASE("While the Speaker is not heard of the addresses are left to lapse") {
  Story story = active_story(1);
  story.speaker_hangs = true;
  story.pass(667ms);
  CHECK(story.step_texts() == Texts{"=10.0.0.1/32@2"});
  story.carry_out();
  story.pass(667ms);
  CHECK(story.steps.empty());
  CHECK(story.controller.next_deadline() > story.now.instant);
  story.become_active();
  CHECK(story.step_texts() == Texts{"=10.0.0.1/32@2"});
}

TEST_CASE("A lease of 0 is for ever; when it comes or goes with a spec the kernel is told") {
  Story story = active_story(1, 0s);
  story.pass(60s);
  CHECK(story.steps.empty());
  api::VirtualIp resource = vip("vip-0", {"10.0.0.1/32"}, 1);
  story.read_specs({resource});
  REQUIRE(story.step_texts() == Texts{"=10.0.0.1/32@2"});
  CHECK(story.steps[0].lifetime == 2s);
  story.carry_out();
  story.wait(300ms);
  resource.spec.lease.duration = 0s;
  story.read_specs({resource});
  REQUIRE(story.step_texts() == Texts{"=10.0.0.1/32@2"});
  CHECK(story.steps[0].lifetime == 0s);
  story.carry_out();
  story.pass(60s);
  CHECK(story.steps.empty());
}

TEST_CASE("A thousand addresses are renewed in time, less than 100 a second") {
  Story story = active_story(1000);
  std::vector<base::Instant> renewed(1000, story.now.instant);
  for (int second = 0; second < 120; ++second) {
    std::size_t messages = 0;
    const base::Instant end = story.now.instant + 1s;
    while (story.controller.next_deadline() <= end) {
      story.pass(
          std::max<base::Duration>(story.controller.next_deadline() - story.now.instant, 1ns));
      for (const net::AddressStep& step : std::exchange(story.steps, {})) {
        REQUIRE(step.kind == net::StepKind::kRenew);
        const auto& bytes = step.prefix.address.bytes();
        renewed.at(static_cast<std::size_t>(bytes[2]) * 250 + bytes[3] - 1) = story.now.instant;
        ++messages;
      }
    }
    if (story.now.instant < end) {
      story.pass(end - story.now.instant);
    }
    CHECK(messages <= 100);
    for (const base::Instant at : renewed) {
      REQUIRE(story.now.instant - at < 38s);
    }
  }
}

TEST_CASE(
    "An address that specs take away is lent once more, for as long as its hand-over may last") {
  Story story;
  story.read_host();
  api::VirtualIp slow = vip("web", {"192.0.2.10/24"});
  slow.spec.advert_interval = base::Centiseconds{1000};
  story.read_specs({slow});
  story.obey();
  story.become_active();
  story.carry_out();
  story.read_specs({});
  REQUIRE(story.step_texts() == Texts{"=192.0.2.10/24@2"});
  CHECK(story.steps[0].lifetime == 12s);  // a skew of 9.96 s, 3 %, the overlap, and patience
}

TEST_CASE("Renewals that fail are told once, and tried again") {
  Story story = active_story(2);
  for (int i = 0; i < 3; ++i) {
    story.pass(667ms);
    REQUIRE(story.step_texts() == Texts{"=10.0.0.1/32@2", "=10.0.0.2/32@2"});
    std::vector<net::StepDone> answers;
    answers.push_back({story.steps[0], base::unexpected(base::retry_error("no memory"))});
    answers.push_back({story.steps[1], {}});
    story.steps.clear();
    story.give(StepsDone{answers});
  }
  CHECK(story.times_told("Lease of an address could not be renewed") == 1);
}

}  // namespace keelvip::reconcile
