#include "pkg/vrrp/speaker.h"

#include <array>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/vrrp/peer_packet.h"
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
namespace {

using base::Centiseconds;
using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

const net::IpAddress kUs = ip("192.0.2.11");
const net::IpAddress kPeer = ip("192.0.2.12");

RouterConfig router_config(std::uint32_t id, std::uint8_t priority = 100, int interval = 100) {
  RouterConfig config;
  config.id = {id};
  config.participate = true;
  config.settings.vrid = {static_cast<std::uint8_t>(id % 255 + 1)};
  config.settings.priority = {priority};
  config.settings.advert_interval = Centiseconds{interval};
  config.settings.interface = {2 + id / 255};
  config.settings.primary = kUs;
  config.settings.mac = {{0x02, 0, 0, 0, 0, 0x0a}};
  config.settings.announce = {2, milliseconds(20), {}, {}};
  config.settings.addresses = {{net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(id / 250),
                                                    static_cast<std::uint8_t>(id % 250 + 1)}),
                                0}};
  return config;
}

PeerPacket advert(const RouterConfig& config, std::uint8_t priority,
                  const net::IpAddress& source = kPeer,
                  ChecksumForm form = ChecksumForm::kPseudoHeader) {
  const RouterSettings& s = config.settings;
  const std::array list{s.addresses.front().address};
  PeerPacket packet = PeerPacket::of(
      {.version = s.version, .vrid = s.vrid, .priority = {priority}, .interval = s.advert_interval},
      list, source, form);
  packet.interface = s.interface;
  return packet;
}

/// A Speaker and its clock. Frames are counted and cleared as a driver would.
struct Rig {
  Speaker speaker;
  SpeakerConfig config;
  Instant now{};
  std::size_t adverts = 0;
  std::size_t announcements = 0;

  explicit Rig(std::vector<RouterConfig> routers = {router_config(1)}) {
    config.routers = std::move(routers);
    adopt();
  }

  void adopt() {
    ++config.revision;
    speaker.adopt(config, now);
    take_frames();
  }
  void take_frames() {
    for (std::size_t i = 0; i < speaker.frames().size(); ++i) {
      const bool arp = speaker.frames()[i].bytes[13] == std::byte{0x06};
      ++(arp ? announcements : adverts);
    }
    speaker.frames().clear();
  }
  void turn() {
    speaker.advance(now);
    take_frames();
  }
  /// Lives until `end`, waking at every deadline.
  void run_to(Instant end) {
    while (speaker.next_deadline() <= end) {
      now = std::max(now, speaker.next_deadline());
      turn();
    }
    now = end;
  }
  void run(Duration duration) { run_to(now + duration); }
  void receive(const PeerPacket& packet) {
    speaker.receive(packet.view(), now);
    take_frames();
  }
  [[nodiscard]] SpeakerReport report() const {
    SpeakerReport out;
    speaker.report(out);
    return out;
  }
  [[nodiscard]] Role role(std::size_t i = 0) const { return report().routers[i].role; }
};

constexpr Duration kDown{3'609'375'000};

/// Everything of conformance items 15 to 31 that is dropped, for a v3 router over IPv4.
std::vector<std::pair<std::string, PeerPacket>> dropped_packets(const RouterConfig& config) {
  const PeerPacket good = advert(config, 200);
  std::vector<std::pair<std::string, PeerPacket>> all;
  const auto add = [&](const char* name, const std::function<void(PeerPacket&)>& damage) {
    all.emplace_back(name, good);
    damage(all.back().second);
  };
  add("TTL 254", [](PeerPacket& p) { p.bytes[8] = std::byte{254}; });
  add("version 2", [](PeerPacket& p) { p.message_byte(0) = std::byte{0x21}; });
  add("version 4", [](PeerPacket& p) { p.message_byte(0) = std::byte{0x41}; });
  add("type 2", [](PeerPacket& p) { p.message_byte(0) = std::byte{0x32}; });
  add("too short", [](PeerPacket& p) { p.resize(p.bytes.size() - 4); });
  add("too long", [](PeerPacket& p) { p.append(4); });
  add("incomplete", [](PeerPacket& p) { p.resize(24); });
  add("truncated", [](PeerPacket& p) { p.truncated = true; });
  add("damaged", [](PeerPacket& p) { p.message_byte(2) = std::byte{199}; });
  add("checksum 0", [](PeerPacket& p) { p.message_byte(6) = p.message_byte(7) = std::byte{0}; });
  add("another VRID", [](PeerPacket& p) { p.message_byte(1) = std::byte{77}; });
  add("count 0", [](PeerPacket& p) {
    p.message_byte(3) = std::byte{0};
    p.resize(p.bytes.size() - 4);
  });
  add("our own source", [&](PeerPacket& p) { p = advert(config, 200, kUs); });
  add("source 0.0.0.0", [&](PeerPacket& p) { p = advert(config, 200, ip("0.0.0.0")); });
  add("unicast", [](PeerPacket& p) { p.bytes[16] = std::byte{192}; });
  add("interval 0", [&](PeerPacket& p) {
    RouterConfig zero = config;
    zero.settings.advert_interval = Centiseconds{0};
    p = advert(zero, 200);
  });
  add("another interface", [](PeerPacket& p) { p.interface = {99}; });
  return all;
}

}  // namespace

TEST_CASE("conformance 36: packets that are dropped do not disturb an Active's adverts") {
  for (const auto& [name, packet] : dropped_packets(router_config(1))) {
    CAPTURE(name);
    Rig rig;
    rig.run(kDown);
    REQUIRE(rig.role() == Role::kActive);
    rig.adverts = 0;
    const Instant end = rig.now + seconds(10);
    while (rig.now < end) {
      rig.run(milliseconds(400));
      rig.receive(packet);
    }
    CHECK(rig.adverts == 10);
    CHECK(rig.role() == Role::kActive);
  }
}

TEST_CASE("conformance 36: packets that are dropped do not keep a Backup from taking over") {
  for (const auto& [name, packet] : dropped_packets(router_config(1))) {
    CAPTURE(name);
    Rig rig;
    rig.receive(advert(rig.config.routers[0], 200));
    const Instant heard = rig.now;
    while (rig.role() == Role::kBackup) {
      rig.run_to(std::min(rig.now + milliseconds(400), heard + kDown));
      rig.receive(packet);
    }
    CHECK(rig.now == heard + kDown);
  }
}

TEST_CASE("conformance 39: what is late is late by a single advert for every router") {
  Rig rig;
  rig.run(kDown);
  rig.adverts = 0;
  rig.now += milliseconds(5700);
  rig.turn();
  CHECK(rig.adverts == 1);
  CHECK(rig.speaker.next_deadline() == Instant{} + kDown + seconds(6));
}

TEST_CASE(
    "conformance 21: auto sends the form of the last accepted peer, a rejected one teaches "
    "nothing") {
  Rig rig;
  const RouterConfig& config = rig.config.routers[0];
  rig.run(kDown);
  const auto sent_form = [&] {
    rig.speaker.receive(advert(config, 0).view(), rig.now);  // answered at once
    const auto frame = rig.speaker.frames()[0].bytes;
    const VerifiedForms forms = verify_forms(frame.subspan(34), kUs, kGroupIpv4);
    rig.take_frames();
    return forms.message_only ? 'A' : 'B';
  };
  CHECK(sent_form() == 'B');
  rig.receive(advert(config, 50, kPeer, ChecksumForm::kMessageOnly));
  rig.now += seconds(2);
  rig.turn();
  const auto advert_form = [&] {
    rig.now = rig.speaker.next_deadline();
    rig.speaker.advance(rig.now);
    const auto frame = rig.speaker.frames()[0].bytes;
    const VerifiedForms forms = verify_forms(frame.subspan(34), kUs, kGroupIpv4);
    rig.take_frames();
    return forms.message_only ? 'A' : 'B';
  };
  CHECK(advert_form() == 'A');
  PeerPacket damaged = advert(config, 50);
  damaged.bytes[8] = std::byte{1};
  rig.receive(damaged);
  CHECK(advert_form() == 'A');
  rig.receive(advert(config, 50));
  CHECK(advert_form() == 'B');
  CHECK(rig.report().routers[0].statistics.checksum_form_message_only == 1);
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

TEST_CASE("conformance 22: another VRID and another family are nobody's packet") {
  Rig rig;
  rig.receive(advert(router_config(7), 200));
  const std::array list{ip("fe80::100")};
  PeerPacket six = PeerPacket::of({.family = net::Family::kIpv6,
                                   .vrid = rig.config.routers[0].settings.vrid,
                                   .priority = {200},
                                   .interval = Centiseconds{100}},
                                  list, ip("fe80::b"));
  rig.receive(six);
  const SpeakerReport report = rig.report();
  CHECK(report.statistics.vrid_errors == 2);
  CHECK(report.routers[0].statistics == RouterStatistics{});
}

TEST_CASE("conformance 34: in Initialize nothing is counted but the reception") {
  RouterConfig config = router_config(1);
  config.participate = false;
  Rig rig({config});
  rig.receive(advert(config, 200));
  for (const auto& [name, packet] : dropped_packets(config)) {
    if (packet.interface == config.settings.interface &&
        packet.vrid() == config.settings.vrid.value) {
      rig.receive(packet);
    }
  }
  const SpeakerReport report = rig.report();
  CHECK(report.statistics.packets_received > 10);
  SpeakerStatistics only_received;
  only_received.packets_received = report.statistics.packets_received;
  CHECK(report.statistics == only_received);
  CHECK(report.routers[0].statistics == RouterStatistics{});
  CHECK(report.routers[0].peers.empty());
}

TEST_CASE("the last rejected advert is kept with its reason and sender") {
  Rig rig;
  RouterConfig other = rig.config.routers[0];
  PeerPacket packet = advert(other, 200);
  packet.message_byte(2) ^= std::byte{1};
  rig.now += seconds(1);
  rig.receive(packet);
  CHECK(rig.report().routers[0].last_rejected ==
        RejectedAdvert{Rejection::kChecksum, kPeer, rig.now});
  CHECK(rig.report().statistics.checksum_errors == 1);
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
