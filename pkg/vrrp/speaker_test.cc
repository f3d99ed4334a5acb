#include "pkg/vrrp/speaker.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/vrrp/speaker_rig.h"
#include "pkg/vrrp/timers.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace keelvip::vrrp {

TEST_CASE("conformance 39: what is late is late by a single advert for every router") {
  Rig rig;
  rig.run(kDown);
  rig.adverts = 0;
  rig.now += milliseconds(2700);
  rig.turn();
  CHECK(rig.adverts == 1);
  CHECK(rig.speaker.next_deadline() == Instant{} + kDown + seconds(3));
}

TEST_CASE("adverts due within a hundredth of their interval share a batch and keep their phase") {
  Rig rig({router_config(1, 100, 10), router_config(2, 100, 10), router_config(3, 100, 10)});
  const Duration down = active_down_interval(Version::kV3, {100}, Centiseconds{10});
  // Three phases: the second 0.9 ms, the third 2 ms after the first.
  const std::array offsets{Duration{0}, Duration{900'000}, Duration{2'000'000}};
  for (std::size_t i = 0; i < 3; ++i) {
    rig.now = Instant{} + offsets[i];
    rig.receive(advert(rig.config.routers[i], 200));
  }
  rig.run_to(Instant{} + down + milliseconds(50));
  rig.now = rig.speaker.next_deadline();
  rig.adverts = 0;
  rig.turn();
  CHECK(rig.adverts == 2);
  CHECK(rig.speaker.next_deadline() == rig.now + milliseconds(2));
  const Instant phase = rig.now;
  rig.run(seconds(10) + milliseconds(3));
  CHECK(rig.adverts == 2 + 3 * 100 + 1);
  CHECK(rig.speaker.next_deadline() == phase + seconds(10) + milliseconds(100));
}

TEST_CASE("a Backup never takes over early to share a batch") {
  Rig rig({router_config(1), router_config(2)});
  rig.now += Duration{1000};
  rig.receive(advert(rig.config.routers[1], 200));
  rig.run_to(Instant{} + kDown);
  CHECK(rig.role(0) == Role::kActive);
  CHECK(rig.role(1) == Role::kBackup);
}

TEST_CASE("conformance 57: every address is announced once before any is announced again") {
  std::vector<RouterConfig> routers;
  for (std::uint32_t id = 1; id <= 600; ++id) {
    routers.push_back(router_config(id));
    routers.back().settings.announce.burst_interval = {};
  }
  Rig rig(routers);
  rig.run(kDown);
  for (RouterConfig& router : rig.config.routers) {
    router.settings.addresses[0].announce_generation = 1;
  }
  ++rig.config.revision;
  rig.speaker.adopt(rig.config, rig.now);
  std::vector<std::string> order;
  while (rig.speaker.next_deadline() <= rig.now) {
    rig.speaker.advance(rig.now);
    CHECK(rig.speaker.frames().size() <= Speaker::kAnnouncementsPerTurn);
    for (std::size_t i = 0; i < rig.speaker.frames().size(); ++i) {
      const auto target = rig.speaker.frames()[i].bytes.subspan(28, 4);
      order.push_back(net::IpAddress::from_bytes(net::Family::kIpv4, target).to_string());
    }
    rig.speaker.frames().clear();
  }
  REQUIRE(order.size() == 1200);
  std::vector<std::string> first(order.begin(), order.begin() + 600);
  std::ranges::sort(first);
  CHECK(std::ranges::adjacent_find(first) == first.end());
}

TEST_CASE("announcements that wait do not delay an advert") {
  std::vector<RouterConfig> routers;
  for (std::uint32_t id = 1; id <= 1000; ++id) {
    routers.push_back(router_config(id));
  }
  Rig rig(routers);
  rig.run(kDown);
  for (RouterConfig& router : rig.config.routers) {
    router.settings.addresses[0].announce_generation = 1;
  }
  rig.adopt();
  rig.turn();
  CHECK(rig.announcements == Speaker::kAnnouncementsPerTurn);
  rig.adverts = 0;
  rig.now += seconds(1);
  rig.speaker.advance(rig.now);
  REQUIRE(rig.speaker.frames().size() == 1000 + Speaker::kAnnouncementsPerTurn);
  CHECK(rig.speaker.frames()[999].bytes[13] == std::byte{0x00});
  CHECK(rig.speaker.frames()[1000].bytes[13] == std::byte{0x06});
}

TEST_CASE("a controller that falls silent makes the Speaker resign everything, until it is back") {
  Rig rig;
  rig.config.expires = Instant{} + seconds(10);
  rig.adopt();
  rig.run_to(Instant{} + seconds(10) - Duration{1});
  CHECK(rig.role() == Role::kActive);
  rig.run(Duration{1});
  CHECK(rig.role() == Role::kInitialize);
  CHECK(rig.report().routers[0].reason == TransitionReason::kConfigExpired);
  CHECK(rig.report().routers[0].statistics.priority_zero_pkts_sent == 1);
  CHECK(rig.speaker.next_deadline() == base::kNever);
  rig.now += seconds(5);
  rig.config.expires = rig.now + seconds(10);
  rig.adopt();
  CHECK(rig.role() == Role::kBackup);
}

TEST_CASE("after a stall beyond the config's life nobody is answered as Active any more") {
  Rig rig;
  rig.run(kDown);
  rig.config.expires = rig.now + seconds(2);
  rig.adopt();
  rig.adverts = 0;
  rig.now += seconds(2);
  rig.receive(advert(rig.config.routers[0], 50));
  CHECK(rig.adverts == 1);
  CHECK(rig.report().routers[0].statistics.priority_zero_pkts_sent == 1);
  CHECK(rig.role() == Role::kInitialize);
}

TEST_CASE("adopting what is already spoken by changes nothing") {
  Rig rig;
  rig.run(kDown);
  const auto changes = rig.speaker.role_changes();
  const Instant deadline = rig.speaker.next_deadline();
  rig.adverts = 0;
  rig.adopt();
  CHECK(rig.speaker.role_changes() == changes);
  CHECK(rig.speaker.next_deadline() == deadline);
  CHECK(rig.adverts == 0);
  CHECK(rig.report().config_revision == rig.config.revision);
}

TEST_CASE("routers come and go around one that stays as it is") {
  Rig rig({router_config(5)});
  rig.run(kDown);
  const SpeakerReport before = rig.report();
  const Instant deadline = rig.speaker.next_deadline();
  rig.config.routers = {router_config(2), router_config(5), router_config(9)};
  rig.adopt();
  CHECK(rig.report().routers[1] == before.routers[0]);
  CHECK(rig.role(0) == Role::kBackup);
  CHECK(rig.speaker.next_deadline() == deadline);
  rig.receive(advert(router_config(9), 200));
  CHECK(rig.report().routers[2].peers.size() == 1);
  rig.config.routers = {router_config(2)};
  rig.adverts = 0;
  rig.adopt();
  CHECK(rig.adverts == 1);  // 5 resigned
  CHECK(rig.report().routers.size() == 1);
}

TEST_CASE("another VRID or interface under the same id is another virtual router") {
  Rig rig;
  rig.run(kDown);
  rig.config.routers[0].settings.vrid = {99};
  rig.adverts = 0;
  rig.adopt();
  CHECK(rig.adverts == 1);
  CHECK(rig.role() == Role::kBackup);
  rig.receive(advert(rig.config.routers[0], 200));
  CHECK(rig.report().routers[0].peers.size() == 1);
  rig.receive(advert(router_config(1), 200));
  CHECK(rig.report().statistics.vrid_errors == 1);
  CHECK(rig.report().routers[0].statistics.master_transitions == 1);
}

TEST_CASE("a router without source address or addresses waits in Initialize") {
  RouterConfig no_source = router_config(1);
  no_source.settings.primary = {};
  RouterConfig no_address = router_config(2);
  no_address.settings.addresses.clear();
  Rig rig({no_source, no_address});
  CHECK(rig.role(0) == Role::kInitialize);
  CHECK(rig.role(1) == Role::kInitialize);
  CHECK(rig.speaker.next_deadline() == base::kNever);
  rig.config.routers[0].settings.primary = kUs;
  rig.adopt();
  CHECK(rig.role(0) == Role::kBackup);
}

TEST_CASE("lateness is measured against the earliest protocol deadline that was missed") {
  Rig rig;
  rig.now = rig.speaker.next_deadline() + Duration{70'000};
  rig.turn();
  const LatenessHistogram lateness = rig.report().lateness;
  CHECK(lateness.buckets[1] == 1);
  CHECK(lateness.sum == Duration{70'000});
  rig.turn();
  CHECK(rig.report().lateness == lateness);
}

TEST_CASE("last words are the resignations of those who are Active, and tell when they change") {
  Rig rig({router_config(1), router_config(2), router_config(3, 255)});
  const auto words = [&] {
    net::FrameBatch frames;
    rig.speaker.last_words(frames);
    return frames;
  };
  CHECK(words().empty());  // the owner is Active, but its addresses are not ours to give up
  std::uint64_t seen = rig.speaker.last_words_changes();
  const auto changed = [&] {
    return std::exchange(seen, rig.speaker.last_words_changes()) != seen;
  };

  rig.run(seconds(1));
  rig.receive(advert(rig.config.routers[1], 200));
  rig.run(kDown - seconds(1));
  REQUIRE(rig.role(0) == Role::kActive);
  REQUIRE(rig.role(1) == Role::kBackup);
  CHECK(changed());
  const net::FrameBatch said = words();
  REQUIRE(said.size() == 1);

  // Word for word what a graceful stop says, and no trace of it in the counters.
  CHECK(rig.report().routers[0].statistics.priority_zero_pkts_sent == 0);
  Speaker stopped = std::move(rig.speaker);
  SpeakerConfig none;
  none.revision = rig.config.revision + 1;
  stopped.adopt(none, rig.now);
  REQUIRE(stopped.frames().size() == 2);
  CHECK(std::ranges::equal(stopped.frames()[0].bytes, said[0].bytes));
  CHECK(stopped.frames()[0].interface == said[0].interface);
}

TEST_CASE(
    "last words change with settings and with the form that a peer taught, not with adverts") {
  Rig rig;
  rig.run(kDown);
  std::uint64_t seen = rig.speaker.last_words_changes();
  const auto changed = [&] {
    return std::exchange(seen, rig.speaker.last_words_changes()) != seen;
  };
  rig.run(seconds(5));
  rig.receive(advert(rig.config.routers[0], 50));
  CHECK_FALSE(changed());
  rig.receive(advert(rig.config.routers[0], 50, kPeer, ChecksumForm::kMessageOnly));
  CHECK(changed());
  rig.config.routers[0].settings.primary = ip("192.0.2.13");
  rig.adopt();
  CHECK(changed());
  rig.adopt();
  CHECK_FALSE(changed());
}

TEST_CASE("in steady state neither an Active nor a Backup allocates, reports included") {
  Rig rig({router_config(1), router_config(2)});
  const PeerPacket superior = advert(rig.config.routers[1], 200);
  SpeakerReport report;
  const auto second = [&] {
    for (int i = 0; i < 10; ++i) {
      rig.receive(superior);
      rig.run(milliseconds(100));
    }
    rig.speaker.report(report);
  };
  rig.config.routers[0].settings.addresses[0].announce_generation = 1;
  rig.config.routers[0].settings.announce.refresh = seconds(1);
  rig.adopt();
  for (int i = 0; i < 10; ++i) {
    second();
  }
  REQUIRE(report.routers[0].role == Role::kActive);
  REQUIRE(report.routers[1].role == Role::kBackup);
  const std::size_t before = allocations;
  for (int i = 0; i < 10; ++i) {
    second();
    rig.speaker.adopt(rig.config, rig.now);
  }
  CHECK(allocations == before);
}

}  // namespace keelvip::vrrp
