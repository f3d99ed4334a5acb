// speaker_cost: what the Speaker itself costs, in nanoseconds a packet, without any system call:
// an Active that sends the adverts of many routers, and a Backup that receives them. Prints a
// table.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "pkg/vrrp/peer_packet.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::vrrp {
namespace {

using base::Duration;
using base::Instant;

constexpr base::Centiseconds kInterval{10};

RouterConfig router(std::uint32_t id) {
  RouterConfig config;
  config.id = {id};
  config.participate = true;
  config.settings.vrid = {static_cast<std::uint8_t>(id % 250 + 1)};
  config.settings.advert_interval = kInterval;
  config.settings.interface = {2 + id / 250};
  config.settings.primary = net::IpAddress::v4({192, 0, 2, 11});
  config.settings.addresses = {{net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(id / 250),
                                                    static_cast<std::uint8_t>(id % 250 + 1)}),
                                0}};
  return config;
}

SpeakerConfig config_of(std::uint32_t routers) {
  SpeakerConfig config;
  for (std::uint32_t id = 0; id < routers; ++id) {
    config.routers.push_back(router(id));
  }
  return config;
}

PeerPacket superior_advert(const RouterConfig& config) {
  const RouterSettings& s = config.settings;
  PeerPacket packet =
      PeerPacket::of({.vrid = s.vrid, .priority = {200}, .interval = s.advert_interval},
                     std::vector{s.addresses[0].address}, net::IpAddress::v4({192, 0, 2, 12}));
  packet.interface = s.interface;
  return packet;
}

double nanoseconds_each(std::chrono::steady_clock::time_point begin, std::size_t count) {
  const Duration spent = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(spent.count()) / static_cast<double>(count);
}

/// Spreads the adverts of `routers` over their interval and lets the peer fall silent.
Speaker make_active(const SpeakerConfig& config, Instant& now) {
  Speaker speaker;
  speaker.adopt(config, now);
  for (const RouterConfig& router : config.routers) {
    speaker.receive(superior_advert(router).view(), now);
    now += Duration{kInterval} / config.routers.size();
  }
  const Instant end = now + std::chrono::seconds(2);
  while (now < end) {
    now = speaker.next_deadline();
    speaker.advance(now);
    speaker.frames().clear();
  }
  return speaker;
}

void measure_active(std::uint32_t routers) {
  Instant now{};
  Speaker speaker = make_active(config_of(routers), now);
  std::size_t frames = 0;
  std::size_t turns = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (frames < 2'000'000) {
    now = speaker.next_deadline();
    speaker.advance(now);
    frames += speaker.frames().size();
    ++turns;
    speaker.frames().clear();
  }
  fmt::print("{:>8} {:<22} {:>8.0f} ns   {:.1f} adverts a turn\n", routers, "Active: advert sent",
             nanoseconds_each(begin, frames),
             static_cast<double>(frames) / static_cast<double>(turns));
}

void measure_backup(std::uint32_t routers) {
  const SpeakerConfig config = config_of(routers);
  Instant now{};
  Speaker speaker;
  speaker.adopt(config, now);
  std::vector<PeerPacket> packets;
  for (const RouterConfig& router : config.routers) {
    packets.push_back(superior_advert(router));
  }
  std::size_t received = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (received < 2'000'000) {
    for (const PeerPacket& packet : packets) {
      speaker.receive(packet.view(), now);
      if (speaker.next_deadline() <= now) {
        speaker.advance(now);
      }
      now += Duration{kInterval} / routers;
      ++received;
    }
  }
  fmt::print("{:>8} {:<22} {:>8.0f} ns\n", routers, "Backup: advert heard",
             nanoseconds_each(begin, received));
}

void measure_controller_side(std::uint32_t routers) {
  SpeakerConfig config = config_of(routers);
  Speaker speaker;
  const Instant now{};
  speaker.adopt(config, now);
  SpeakerReport report;
  speaker.report(report);
  constexpr std::size_t kRounds = 200;
  auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kRounds; ++i) {
    speaker.adopt(config, now);
  }
  const double adopt = nanoseconds_each(begin, kRounds);
  begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kRounds; ++i) {
    speaker.report(report);
  }
  fmt::print("{:>8} {:<22} {:>8.0f} ns   report {:.0f} ns\n", routers, "adopt, unchanged", adopt,
             nanoseconds_each(begin, kRounds));
}

}  // namespace
}  // namespace keelvip::vrrp

int main() {
  for (const std::uint32_t routers : {1U, 250U, 1000U, 4000U}) {
    keelvip::vrrp::measure_active(routers);
    keelvip::vrrp::measure_backup(routers);
    keelvip::vrrp::measure_controller_side(routers);
  }
}
