// How a router leaves without leaving its clients: hand-over, lowered priority, and what it does
// when it was away.
#include <doctest/doctest.h>

#include "pkg/vrrp/speaker_rig.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::vrrp {
namespace {

/// Of priority 1, by a clock that runs 3 % slower.
constexpr Duration kSlowestSkew{996'093'750 + 31'127'929};

/// Active on its LAN, priority 100, adverts every second.
struct ActiveRig : Rig {
  ActiveRig() {
    run(kDown);
    REQUIRE(role() == Role::kActive);
  }
  void leave(bool hand_over) {
    config.routers[0].participate = false;
    config.routers[0].hand_over = hand_over;
    adverts = 0;
    adopt();
  }
  void lower_priority(std::uint8_t priority) {
    config.routers[0].settings.priority = {priority};
    adverts = 0;
    adopt();
  }
  [[nodiscard]] RouterReport first() const { return report().routers[0]; }
};

}  // namespace

TEST_CASE("a hand-over says priority 0 and lasts until the successor was heard and an overlap") {
  ActiveRig rig;
  rig.leave(true);
  CHECK(rig.adverts == 1);
  CHECK(rig.first().statistics.priority_zero_pkts_sent == 1);
  CHECK(rig.role() == Role::kInitialize);
  CHECK(rig.first().hands_over);

  rig.run(milliseconds(600));
  CHECK(rig.first().hands_over);
  rig.receive(advert(rig.config.routers[0], 50));
  const auto changes = rig.speaker.role_changes();
  rig.run(kOverlap - Duration{1});
  CHECK(rig.first().hands_over);
  rig.run(Duration{1});
  CHECK_FALSE(rig.first().hands_over);
  CHECK(rig.speaker.role_changes() == changes + 1);
  CHECK(rig.speaker.next_deadline() == base::kNever);
  CHECK(rig.adverts == 1);
}

TEST_CASE("a hand-over that nobody answers ends when the slowest successor would have come") {
  ActiveRig rig;
  rig.leave(true);
  rig.run(kSlowestSkew + kOverlap - Duration{1});
  CHECK(rig.first().hands_over);
  rig.run(Duration{1});
  CHECK_FALSE(rig.first().hands_over);
}

TEST_CASE("another resignation is no successor") {
  ActiveRig rig;
  rig.leave(true);
  rig.receive(advert(rig.config.routers[0], 0));
  rig.run(kOverlap);
  CHECK(rig.first().hands_over);
}

TEST_CASE("a Backup has nothing to hand over") {
  Rig rig;
  rig.config.routers[0].participate = false;
  rig.config.routers[0].hand_over = true;
  rig.adopt();
  CHECK_FALSE(rig.report().routers[0].hands_over);
}

TEST_CASE("a hand-over is cut short when the addresses must go at once") {
  ActiveRig rig;
  rig.leave(true);
  REQUIRE(rig.first().hands_over);
  SUBCASE("the controller says so") {
    rig.leave(false);
  }
  SUBCASE("the router moves to another interface") {
    rig.config.routers[0].settings.interface = {9};
    rig.adopt();
  }
  CHECK_FALSE(rig.first().hands_over);
}

TEST_CASE("who takes part again while handing over stands for election as anybody does") {
  ActiveRig rig;
  rig.leave(true);
  rig.config.routers[0].participate = true;
  rig.adopt();
  CHECK(rig.role() == Role::kBackup);
  CHECK(rig.first().hands_over);
  rig.receive(advert(rig.config.routers[0], 120));
  rig.run(kOverlap);
  CHECK_FALSE(rig.first().hands_over);
  CHECK(rig.role() == Role::kBackup);
}

TEST_CASE("who yields answers for an overlap, until the winner has the addresses") {
  ActiveRig rig;
  rig.receive(advert(rig.config.routers[0], 150));
  CHECK(rig.role() == Role::kBackup);
  CHECK(rig.first().hands_over);
  rig.run(kOverlap);
  CHECK_FALSE(rig.first().hands_over);
}

TEST_CASE("who yielded to one that resigns at once answers on, until the slowest would have come") {
  ActiveRig rig;
  rig.receive(advert(rig.config.routers[0], 150));
  rig.lower_priority(1);
  rig.run(milliseconds(10));
  rig.receive(advert(rig.config.routers[0], 0));
  rig.run(milliseconds(600));
  CHECK(rig.first().hands_over);

  SUBCASE("a successor comes") {
    rig.receive(advert(rig.config.routers[0], 100));
    rig.run(kOverlap);
    CHECK_FALSE(rig.first().hands_over);
  }
  SUBCASE("the resignation is said again: that does not put the end off") {
    rig.receive(advert(rig.config.routers[0], 0));
    rig.run(kSlowestSkew + kOverlap - milliseconds(600));
    CHECK_FALSE(rig.first().hands_over);
  }
}

TEST_CASE("an Active whose priority falls resigns, so that a better Backup comes after its skew") {
  ActiveRig rig;
  rig.lower_priority(40);
  CHECK(rig.first().statistics.priority_zero_pkts_sent == 1);
  CHECK(rig.role() == Role::kBackup);
  CHECK(rig.first().reason == TransitionReason::kPriorityLowered);
  CHECK(rig.first().hands_over);

  SUBCASE("somebody better takes over") {
    rig.receive(advert(rig.config.routers[0], 50));
    rig.run(kOverlap);
    CHECK(rig.role() == Role::kBackup);
    CHECK_FALSE(rig.first().hands_over);
  }
  SUBCASE("nobody does: it is Active again after its own skew, and has answered all the time") {
    const Duration skew = skew_time(Version::kV3, {40}, Centiseconds{100});
    rig.run(skew - Duration{1});
    CHECK(rig.first().hands_over);
    rig.run(Duration{1});
    CHECK(rig.role() == Role::kActive);
    CHECK_FALSE(rig.first().hands_over);
  }
}

TEST_CASE("settings that change while nobody is Active leave the wait at the skew") {
  ActiveRig rig;
  rig.lower_priority(40);
  rig.lower_priority(60);
  rig.run(skew_time(Version::kV3, {60}, Centiseconds{100}) - Duration{1});
  CHECK(rig.role() == Role::kBackup);
  CHECK(rig.first().hands_over);
  rig.run(Duration{1});
  CHECK(rig.role() == Role::kActive);
}

TEST_CASE("a lowered priority changes nothing where a better router shall not preempt") {
  ActiveRig rig;
  rig.config.routers[0].settings.preemption.mode = PreemptionMode::kNever;
  rig.lower_priority(40);
  CHECK(rig.role() == Role::kActive);
  CHECK(rig.first().statistics.priority_zero_pkts_sent == 0);
}

TEST_CASE("an Active that was away for longer than a Backup waits is Backup before all else") {
  ActiveRig rig;
  rig.now += kDown;  // its last advert left just now
  rig.adverts = 0;
  SUBCASE("the moment before that it goes on") {
    rig.turn();
    CHECK(rig.role() == Role::kActive);
    CHECK(rig.adverts == 1);
  }
  SUBCASE("it was away for a moment longer") {
    rig.now += Duration{1};
    SUBCASE("and a packet waits") {
      rig.receive(advert(rig.config.routers[0], 50));
    }
    SUBCASE("and adverts are overdue") {
      rig.turn();
    }
    SUBCASE("and it is asked to stop") {
      rig.leave(true);
      CHECK(rig.role() == Role::kInitialize);
      CHECK(rig.adverts == 0);
      CHECK_FALSE(rig.first().hands_over);
      return;
    }
    CHECK(rig.role() == Role::kBackup);
    CHECK(rig.first().reason == TransitionReason::kStalled);
    CHECK(rig.adverts == 0);
    CHECK_FALSE(rig.first().hands_over);
  }
}

TEST_CASE("a shorter interval on an Active is no stall") {
  ActiveRig rig;
  rig.run(milliseconds(900));
  rig.config.routers[0].settings.advert_interval = Centiseconds{10};
  rig.adopt();
  rig.run(milliseconds(1));
  CHECK(rig.role() == Role::kActive);
}

TEST_CASE("a longer interval while nobody is Active prolongs the answering with the wait") {
  ActiveRig rig;
  rig.config.routers[0].settings.advert_interval = Centiseconds{20};
  rig.adopt();
  rig.run(seconds(2));
  rig.lower_priority(50);
  rig.config.routers[0].settings.advert_interval = Centiseconds{100};
  rig.adopt();
  while (rig.role() != Role::kActive) {
    REQUIRE(rig.first().hands_over);
    rig.run(milliseconds(1));
  }
}

TEST_CASE("the owner of the addresses cannot be replaced, however long it was away") {
  Rig rig({router_config(1, 255)});
  rig.now += seconds(60);
  rig.turn();
  CHECK(rig.role() == Role::kActive);
}

}  // namespace keelvip::vrrp
