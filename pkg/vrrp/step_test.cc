#include "pkg/vrrp/step.h"

#include <vector>

#include <doctest/doctest.h>

namespace keelvip::vrrp {
namespace {

using base::Centiseconds;
using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

/// One virtual router at p=100 with adverts every second, and a clock.
struct Rig {
  RouterSettings settings;
  RouterState state;
  Instant now{};

  Rig() {
    settings.vrid = {51};
    settings.priority = {100};
    settings.advert_interval = Centiseconds{100};
    settings.primary = ip("192.0.2.11");
    settings.addresses = {{ip("192.0.2.100"), 0}};
  }

  std::vector<Action> on(const Event& event) {
    const Outcome outcome = step(settings, state, event, now);
    state = outcome.next;
    return {outcome.actions.begin(), outcome.actions.end()};
  }
  std::vector<Action> hear(unsigned priority, const char* from = "192.0.2.12", int interval = 100) {
    return on(AdvertisementReceived{
        {static_cast<std::uint8_t>(priority)}, Centiseconds{interval}, ip(from)});
  }
  std::vector<Action> reach_deadline() {
    now = state.deadline;
    return on(DeadlineReached{});
  }
  void become_active() {
    on(Started{});
    reach_deadline();
    REQUIRE(state.role == Role::kActive);
  }
  /// Changes settings by `change`, then says so.
  template <typename Change>
  std::vector<Action> reconfigure(Change change) {
    change(settings);
    return on(SettingsChanged{});
  }
};

constexpr Duration kDown{3'609'375'000};
constexpr Duration kSkew{609'375'000};

const std::vector<Action> kNothing;
const std::vector<Action> kTakeover{SendAdvertisement{{100}}, RoleChanged{Role::kBackup}};
const std::vector<Action> kAnswer{SendAdvertisement{{100}}};
const std::vector<Action> kYield{SendAdvertisement{{100}}, RoleChanged{Role::kActive}};

}  // namespace

TEST_CASE("conformance 42: Startup is silent, and an unopposed Backup takes over, advert first") {
  Rig rig;
  CHECK(rig.on(Started{}) == std::vector<Action>{RoleChanged{Role::kInitialize}});
  CHECK(rig.state.role == Role::kBackup);
  CHECK(rig.state.deadline == rig.now + kDown);
  CHECK(rig.reach_deadline() == kTakeover);
  CHECK(rig.state.role == Role::kActive);
  CHECK(rig.state.reason == TransitionReason::kNoResponse);
  CHECK(rig.state.deadline == rig.now + seconds(1));
}

TEST_CASE("a deadline reported too early does not make an Active of a Backup") {
  Rig rig;
  rig.on(Started{});
  rig.now = rig.state.deadline - Duration{1};
  CHECK(rig.on(DeadlineReached{}) == kNothing);
  CHECK(rig.state.role == Role::kBackup);
}

TEST_CASE("conformance 43: the owner is Active from Startup") {
  Rig rig;
  rig.settings.priority = kOwner;
  CHECK(rig.on(Started{}) ==
        std::vector<Action>{SendAdvertisement{kOwner}, RoleChanged{Role::kInitialize}});
  CHECK(rig.state.reason == TransitionReason::kAddressOwner);
  CHECK(rig.state.deadline == rig.now + seconds(1));
}

TEST_CASE("conformance 39: 100,000 adverts later the period has not drifted") {
  Rig rig;
  rig.become_active();
  const Instant first = rig.state.deadline;
  for (int i = 0; i < 100'000; ++i) {
    rig.now =
        rig.state.deadline + Duration{(i * 7919) % 900'000'000};  // always late, by any amount
    CHECK(rig.on(DeadlineReached{}) == kAnswer);
  }
  CHECK(rig.state.deadline == first + 100'000 * seconds(1));
}

TEST_CASE("conformance 39: a wake-up that is periods late sends one advert, in phase") {
  Rig rig;
  rig.become_active();
  const Instant due = rig.state.deadline;
  rig.now = due + milliseconds(2300);
  CHECK(rig.on(DeadlineReached{}) == kAnswer);
  CHECK(rig.state.deadline == due + seconds(3));
}

TEST_CASE("an advert sent a little early to share a batch does not move the phase") {
  Rig rig;
  rig.become_active();
  const Instant due = rig.state.deadline;
  rig.now = due - milliseconds(1);
  CHECK(rig.on(DeadlineReached{}) == kAnswer);
  CHECK(rig.state.deadline == due + seconds(1));
}

TEST_CASE("conformance 40: a v3 Backup adopts the Active's interval, an Active uses its own") {
  Rig rig;
  rig.on(Started{});
  rig.hear(200, "192.0.2.12", 300);
  CHECK(rig.state.deadline == rig.now + Duration{10'828'125'000});
  rig.reach_deadline();
  CHECK(rig.state.deadline == rig.now + seconds(1));
  CHECK(rig.state.active_interval == Centiseconds{100});
  rig.hear(200, "192.0.2.12", 50);
  CHECK(rig.state.role == Role::kBackup);
  CHECK(rig.state.deadline == rig.now + kDown / 2);
  rig.on(Stopped{});
  rig.on(Started{});
  CHECK(rig.state.deadline == rig.now + kDown);
}

TEST_CASE("conformance 41: a priority change in Backup moves the deadline by the difference") {
  Rig rig;
  rig.on(Started{});
  const Instant before = rig.state.deadline;
  rig.now += seconds(2);
  CHECK(rig.reconfigure([](RouterSettings& s) { s.priority = {200}; }) == kNothing);
  CHECK(rig.state.deadline == before - Duration{390'625'000});
  rig.now += milliseconds(500);
  rig.reconfigure([](RouterSettings& s) { s.priority = {100}; });
  CHECK(rig.state.deadline == before);
}

TEST_CASE("conformance 41: while a resignation is waited out, the skew moves") {
  Rig rig;
  rig.on(Started{});
  rig.hear(0);
  CHECK(rig.state.deadline == rig.now + kSkew);
  rig.reconfigure([](RouterSettings& s) { s.priority = {200}; });
  CHECK(rig.state.deadline == rig.now + Duration{218'750'000});
}

TEST_CASE("an interval change while Active keeps the role and is said at once") {
  Rig rig;
  rig.become_active();
  CHECK(rig.reconfigure([](RouterSettings& s) { s.advert_interval = Centiseconds{20}; }) ==
        std::vector<Action>{SendAdvertisement{{100}}});
  CHECK(rig.state.deadline == rig.now + milliseconds(200));
  CHECK(rig.state.active_interval == Centiseconds{20});
}

TEST_CASE("a Backup that learned an interval keeps it when its own changes") {
  Rig rig;
  rig.on(Started{});
  rig.hear(200, "192.0.2.12", 300);
  const Instant due = rig.state.deadline;
  rig.reconfigure([](RouterSettings& s) { s.advert_interval = Centiseconds{20}; });
  CHECK(rig.state.deadline == due);
}

TEST_CASE("a Backup that becomes the owner is Active at once") {
  Rig rig;
  rig.on(Started{});
  rig.reconfigure([](RouterSettings& s) { s.priority = kOwner; });
  CHECK(rig.state.role == Role::kActive);
  CHECK(rig.state.reason == TransitionReason::kAddressOwner);
}

TEST_CASE("conformance 45: a resignation leaves the skew to wait, counted from the last one") {
  Rig rig;
  rig.on(Started{});
  rig.now += seconds(1);
  CHECK(rig.hear(0) == kNothing);
  rig.now += milliseconds(100);
  rig.hear(0);
  CHECK(rig.state.deadline == rig.now + kSkew);
  CHECK(rig.reach_deadline() == kTakeover);
  CHECK(rig.state.reason == TransitionReason::kPeerResigned);
}

TEST_CASE("conformance 46: a superior or equal advert restarts a Backup's timer") {
  for (const unsigned priority : {100U, 101U, 255U}) {
    for (const char* from : {"10.0.0.1", "203.0.113.1"}) {
      Rig rig;
      rig.on(Started{});
      rig.now += seconds(3);
      CHECK(rig.hear(priority, from, 50) == kNothing);
      CHECK(rig.state.deadline == rig.now + kDown / 2);
    }
  }
}

TEST_CASE("conformance 47: a preempting Backup lets its timer run on under inferior adverts") {
  Rig rig;
  rig.on(Started{});
  const Instant due = rig.state.deadline;
  rig.now += seconds(3);
  CHECK(rig.hear(99) == kNothing);
  CHECK(rig.state.deadline == due);
  rig.reach_deadline();
  CHECK(rig.state.reason == TransitionReason::kPreempted);
}

TEST_CASE("conformance 47: a Backup that never preempts serves an inferior Active") {
  Rig rig;
  rig.settings.preemption.mode = PreemptionMode::kNever;
  rig.on(Started{});
  rig.now += seconds(3);
  rig.hear(99, "192.0.2.12", 50);
  CHECK(rig.state.deadline == rig.now + kDown / 2);
}

TEST_CASE("conformance 48: an Active answers a resignation with an advert and starts its period") {
  Rig rig;
  rig.become_active();
  rig.now += kHandover / 2;
  CHECK(rig.hear(0) == kAnswer);
  CHECK(rig.state.role == Role::kActive);
  CHECK(rig.state.deadline == rig.now + seconds(1));
}

TEST_CASE("conformance 49: a v3 Active answers an inferior advert at once, and on time besides") {
  Rig rig;
  rig.become_active();
  const Instant due = rig.state.deadline;
  rig.now += kHandover / 2;
  CHECK(rig.hear(99) == kAnswer);
  CHECK(rig.state.deadline == due);
}

TEST_CASE("conformance 49: answers are bounded to one an interval, so that nothing can storm") {
  Rig rig;
  rig.settings.acceptance = {};
  rig.become_active();
  std::size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    rig.now += milliseconds(10);
    for (const Action& action : rig.hear(99)) {
      sent += std::holds_alternative<SendAdvertisement>(action) ? 1U : 0U;
    }
  }
  CHECK(sent == 2);
}

TEST_CASE(
    "conformance 48: a storm of resignations is answered once an interval, and never silences") {
  Rig rig;
  rig.become_active();
  std::size_t sent = 0;
  const Instant end = rig.now + seconds(10);
  while (rig.now < end) {
    rig.now += milliseconds(1);
    for (const Action& action : rig.hear(0)) {
      sent += std::holds_alternative<SendAdvertisement>(action) ? 1U : 0U;
    }
    if (rig.now >= rig.state.deadline) {
      sent += rig.on(DeadlineReached{}).size();
    }
  }
  CHECK(sent >= 10);
  CHECK(sent <= 20);
}

TEST_CASE("conformance 49: a v2 Active discards inferior adverts in silence") {
  Rig rig;
  rig.settings.version = Version::kV2;
  rig.become_active();
  const Instant due = rig.state.deadline;
  rig.now += kHandover / 2;
  CHECK(rig.hear(99) == kNothing);
  CHECK(rig.state.deadline == due);
}

TEST_CASE("conformance 49: the answer can be turned off") {
  Rig rig;
  rig.settings.acceptance.answer_inferior = false;
  rig.become_active();
  CHECK(rig.hear(99) == kNothing);
}

TEST_CASE("an Active that hears inferior adverts announces its addresses again, once a second") {
  for (const Version version : {Version::kV2, Version::kV3}) {
    Rig rig;
    rig.settings.version = version;
    rig.settings.acceptance.answer_inferior = false;
    rig.become_active();
    rig.now += kInferiorAnnounceGap;
    CHECK(rig.hear(99) == std::vector<Action>{AnnounceAddresses{}});
    rig.now += milliseconds(999);
    CHECK(rig.hear(99) == kNothing);
    rig.now += milliseconds(1);
    CHECK(rig.hear(99) == std::vector<Action>{AnnounceAddresses{}});
  }
}

TEST_CASE("an announcement that comes too early is made up for, once") {
  Rig rig;
  rig.settings.acceptance.answer_inferior = false;
  rig.become_active();
  CHECK(rig.hear(99) == kNothing);  // the predecessor's last word
  rig.now += kHandover;
  CHECK(rig.hear(99) == std::vector<Action>{AnnounceAddresses{}});
  rig.now += milliseconds(10);
  CHECK(rig.hear(99) == kNothing);
  CHECK(rig.reach_deadline() == kAnswer);  // 0.9 s after the announcement
  CHECK(rig.reach_deadline() == std::vector<Action>{SendAdvertisement{{100}}, AnnounceAddresses{}});
  CHECK(rig.reach_deadline() == kAnswer);
}

TEST_CASE(
    "another Active that is heard right after the takeover is answered with the next advert") {
  // It may be the predecessor's last word, or the end of a split that hosts must be told of.
  Rig rig;
  rig.settings.acceptance.answer_inferior = false;
  rig.become_active();
  rig.now += kHandover / 2;
  CHECK(rig.hear(99) == kNothing);
  CHECK(rig.reach_deadline() == std::vector<Action>{SendAdvertisement{{100}}, AnnounceAddresses{}});
  CHECK(rig.reach_deadline() == kAnswer);
}

TEST_CASE("conformance 50: an Active yields to a higher priority, by the interval received") {
  for (const PreemptionMode mode : {PreemptionMode::kImmediate, PreemptionMode::kNever}) {
    Rig rig;
    rig.settings.preemption.mode = mode;
    rig.become_active();
    CHECK(rig.hear(101, "10.0.0.1", 50) == kYield);
    CHECK(rig.state.role == Role::kBackup);
    CHECK(rig.state.reason == TransitionReason::kHigherPriority);
    CHECK(rig.state.deadline == rig.now + kDown / 2);
  }
}

TEST_CASE("an Active that yields speaks once more, so that the winner knows that there were two") {
  Rig loser;
  loser.become_active();
  CHECK(loser.hear(200) == kYield);
  Rig winner;
  winner.settings.priority = Priority{200};
  winner.become_active();
  winner.now += kInferiorAnnounceGap;
  CHECK(winner.hear(100) == std::vector<Action>{SendAdvertisement{{200}}, AnnounceAddresses{}});
}

TEST_CASE("conformance 51: equal priorities: the higher address, as unsigned bytes, stays Active") {
  const auto yields = [](const char* ours, const char* theirs) {
    Rig rig;
    rig.settings.primary = ip(ours);
    rig.become_active();
    rig.hear(100, theirs);
    return rig.state.reason == TransitionReason::kHigherAddress;
  };
  CHECK(yields("10.0.0.9", "10.0.0.10"));
  CHECK_FALSE(yields("10.0.0.10", "10.0.0.9"));
  CHECK(yields("10.0.0.1", "192.0.2.1"));
  CHECK(yields("fe80::7f", "fe80::80"));
  CHECK_FALSE(yields("fe80::80", "fe80::7f"));
}

TEST_CASE("conformance 52: of two owners the one with the lower address yields") {
  Rig rig;
  rig.settings.priority = kOwner;
  rig.on(Started{});
  CHECK(rig.hear(255, "192.0.2.10") == std::vector<Action>{SendAdvertisement{kOwner}});
  CHECK(rig.state.role == Role::kActive);
  CHECK(rig.hear(255, "192.0.2.12") ==
        std::vector<Action>{SendAdvertisement{kOwner}, RoleChanged{Role::kActive}});
  CHECK(rig.state.reason == TransitionReason::kHigherAddress);
}

TEST_CASE("conformance 53: Shutdown resigns when Active and says nothing when Backup") {
  Rig active;
  active.become_active();
  CHECK(active.on(Stopped{}) ==
        std::vector<Action>{SendAdvertisement{kResign}, RoleChanged{Role::kActive}});
  CHECK(active.state.deadline == base::kNever);
  Rig backup;
  backup.on(Started{});
  CHECK(backup.on(Stopped{}) == std::vector<Action>{RoleChanged{Role::kBackup}});
  CHECK(backup.state.role == Role::kInitialize);
}

TEST_CASE("in Initialize nothing that is heard has an effect") {
  Rig rig;
  const RouterState before = rig.state;
  CHECK(rig.hear(0) == kNothing);
  CHECK(rig.hear(255) == kNothing);
  CHECK(rig.on(DeadlineReached{}) == kNothing);
  CHECK(rig.on(SettingsChanged{}) == kNothing);
  CHECK(rig.on(Stopped{}) == kNothing);
  CHECK(rig.state == before);
}

namespace {

/// A Backup with 30 s of preemption delay that hears an inferior Active every second.
struct DelayedRig : Rig {
  DelayedRig() {
    settings.preemption = {PreemptionMode::kDelayed, seconds(30)};
    on(Started{});
  }
  /// Hears `priority` once a second for `duration`; stops when Active.
  void serve(unsigned priority, seconds duration) {
    const Instant end = now + duration;
    while (now < end && state.role == Role::kBackup) {
      hear(priority);
      const Instant next = now + seconds(1);
      if (state.deadline < next) {
        reach_deadline();
      } else {
        now = next;
      }
    }
  }
};

}  // namespace

TEST_CASE(
    "conformance 63: Delayed preemption counts from the first inferior advert and then runs the "
    "timer out") {
  DelayedRig rig;
  rig.now += seconds(2);
  const Instant first = rig.now;
  rig.serve(50, seconds(60));
  CHECK(rig.state.role == Role::kActive);
  CHECK(rig.state.reason == TransitionReason::kPreempted);
  // The last advert within the delay was the one at 29 s.
  CHECK(rig.now == first + seconds(29) + kDown);
}

TEST_CASE("conformance 63: Delayed preemption is called off by an advert that is not inferior") {
  DelayedRig rig;
  rig.serve(50, seconds(20));
  CHECK(preempt_not_before(rig.settings, rig.state) == Instant{} + seconds(30));
  rig.hear(100);
  CHECK(preempt_not_before(rig.settings, rig.state) == base::kNever);
  const Instant again = rig.now;
  rig.serve(50, seconds(60));
  CHECK(rig.now == again + seconds(29) + kDown);
}

TEST_CASE(
    "conformance 63: Delayed preemption does not delay a takeover from a dead or a resigned "
    "Active") {
  DelayedRig dies;
  dies.serve(50, seconds(10));
  const Instant last = dies.now - seconds(1);
  dies.reach_deadline();
  CHECK(dies.state.role == Role::kActive);
  CHECK(dies.state.reason == TransitionReason::kNoResponse);
  CHECK(dies.now == last + kDown);

  DelayedRig resigns;
  resigns.serve(50, seconds(10));
  resigns.hear(0);
  CHECK(resigns.state.deadline == resigns.now + kSkew);
}

TEST_CASE("a node that nobody is Active beside takes over without any preemption delay") {
  DelayedRig rig;
  CHECK(rig.state.deadline == rig.now + kDown);
}

TEST_CASE("a shorter preemption delay takes effect while it runs") {
  DelayedRig rig;
  rig.serve(50, seconds(10));
  rig.settings.preemption.delay = seconds(5);
  rig.on(SettingsChanged{});
  rig.hear(50);
  CHECK(rig.state.expiry_reason == TransitionReason::kPreempted);
}

}  // namespace keelvip::vrrp
