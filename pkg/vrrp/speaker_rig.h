// Rig: for tests only: a Speaker with its clock, and the configs and packets to feed it with. Unit
// tests of the Speaker drive it, and the fuzz target of test/fuzz takes its configs; there are no
// threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pkg/vrrp/peer_packet.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::vrrp {

using base::Centiseconds;
using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

inline const net::IpAddress kUs = ip("192.0.2.11");
inline const net::IpAddress kPeer = ip("192.0.2.12");

inline RouterConfig router_config(std::uint32_t id, std::uint8_t priority = 100,
                                  int interval = 100) {
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

inline PeerPacket advert(const RouterConfig& config, std::uint8_t priority,
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

}  // namespace keelvip::vrrp
