#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/vrrp/speaker_rig.h"

namespace keelvip::vrrp {
namespace {

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

TEST_CASE("a refusal by other settings than those in force is forgotten, one by the same is not") {
  RouterConfig config = router_config(1);
  config.settings.version = Version::kV2;
  Rig rig({config});
  RouterConfig slow = config;
  slow.settings.advert_interval = Centiseconds{200};
  rig.receive(advert(slow, 50));
  CHECK(rig.report().routers[0].last_rejected->reason == Rejection::kInterval);
  rig.config.routers[0].settings.priority = {120};
  rig.config.routers[0].settings.addresses[0].announce_generation = 1;
  rig.adopt();
  CHECK(rig.report().routers[0].last_rejected);
  rig.config.routers[0].settings.advert_interval = Centiseconds{200};
  rig.adopt();
  CHECK_FALSE(rig.report().routers[0].last_rejected);
}

TEST_CASE(
    "a virtual router that is none of ours is told of, with its first address, unless it resigns") {
  Rig rig;
  const RouterConfig other = router_config(7);
  rig.receive(advert(other, 0));
  CHECK(rig.report().strangers.empty());
  rig.receive(advert(other, 200));
  rig.now += seconds(1);
  rig.receive(advert(other, 0));
  CHECK(rig.report().strangers ==
        std::vector{Stranger{.interface = other.settings.interface,
                             .family = net::Family::kIpv4,
                             .vrid = other.settings.vrid,
                             .source = kPeer,
                             .first_address = other.settings.addresses[0].address,
                             .advert_interval = other.settings.advert_interval,
                             .last_heard = Instant{}}});
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

TEST_CASE("conformance 35: of many rejected adverts a count and the last one are kept, no more") {
  Rig rig;
  for (std::uint8_t i = 0; i < 100; ++i) {
    PeerPacket packet = advert(rig.config.routers[0], 200,
                               net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(100 + i)}));
    packet.message_byte(2) ^= std::byte{1};
    rig.now += seconds(1);
    rig.speaker.receive(packet.view(), rig.now);
  }
  const SpeakerReport report = rig.report();
  CHECK(report.statistics.checksum_errors == 100);
  CHECK(report.routers[0].last_rejected ==
        RejectedAdvert{Rejection::kChecksum, ip("192.0.2.199"), rig.now});
  CHECK(report.routers[0].peers.empty());
}

}  // namespace keelvip::vrrp
