#include "speaker_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "packet_input.h"
#include "pkg/base/check.h"
#include "pkg/vrrp/decode.h"

namespace keelvip::fuzz {
namespace {

using base::Duration;
using base::Instant;
using vrrp::RouterConfig;
using vrrp::RouterReport;
using vrrp::SpeakerReport;
using vrrp::Version;

/// No advert can keep a router waiting for longer than three intervals and a skew of the longest.
constexpr Duration kLongestWait = 4 * std::chrono::seconds(255);
constexpr std::size_t kRouters = 7;
/// In one turn: two of each router.
constexpr std::size_t kMostAdverts = kRouters * 2;

RouterConfig router(std::uint32_t id, std::uint8_t priority, int interval) {
  RouterConfig config = vrrp::router_config(id, priority, interval);
  config.settings.vrid = {static_cast<std::uint8_t>(id)};
  config.settings.addresses.front().announce_generation = 1;
  return config;
}

RouterConfig with_password() {
  RouterConfig config = router(3, 120, 100);
  config.settings.version = Version::kV2;
  config.settings.password = vrrp::SimpleText{std::byte{'s'}, std::byte{'3'}};
  config.settings.acceptance.require_same_addresses_v2 = true;
  return config;
}

RouterConfig over_ipv6() {
  RouterConfig config = router(2, 100, 10);
  config.settings.family = net::Family::kIpv6;
  config.settings.primary = vrrp::ip("fe80::b");
  config.settings.addresses = {{vrrp::ip("fe80::1"), 1}, {vrrp::ip("2001:db8::1"), 0}};
  return config;
}

/// One of each kind that takes another way through the code.
std::vector<RouterConfig> routers() {
  std::vector<RouterConfig> list{router(1, 100, 20),  over_ipv6(),         with_password(),
                                 router(4, 90, 200),  router(5, 255, 100), router(6, 1, 1),
                                 router(7, 254, 4095)};
  list[3].settings.version = Version::kV2;
  list[5].settings.preemption.mode = vrrp::PreemptionMode::kNever;
  list[6].settings.preemption = {vrrp::PreemptionMode::kDelayed, std::chrono::seconds(5)};
  list[6].settings.checksum = vrrp::ChecksumPolicy::kPseudoHeader;
  return list;
}

Duration read_duration(Input& input) {
  constexpr std::array<Duration, 4> kUnits{std::chrono::nanoseconds(1),
                                           std::chrono::microseconds(50),
                                           std::chrono::milliseconds(5), std::chrono::seconds(1)};
  const std::uint16_t number = input.u16();
  return (number & 0xfffU) * kUnits[number >> 14U];
}

bool same_but_for_rejections(const RouterReport& a, const RouterReport& b) {
  return a.role == b.role && a.since == b.since && a.reason == b.reason &&
         a.active_advert_interval == b.active_advert_interval &&
         a.preempt_not_before == b.preempt_not_before && a.peers == b.peers &&
         a.statistics.advertisement_rcvd == b.statistics.advertisement_rcvd &&
         a.statistics.advertisement_sent == b.statistics.advertisement_sent &&
         a.statistics.priority_zero_pkts_rcvd == b.statistics.priority_zero_pkts_rcvd &&
         a.statistics.master_transitions == b.statistics.master_transitions;
}

/// The number of adverts that were let in between the two. Whatever comes, a config that has
/// expired makes its routers resign.
std::size_t check_heard(const SpeakerReport& before, const SpeakerReport& after) {
  KEELVIP_CHECK(after.statistics.packets_received == before.statistics.packets_received + 1);
  KEELVIP_CHECK(after.routers.size() == before.routers.size());
  std::size_t taken = 0;
  for (std::size_t i = 0; i < after.routers.size(); ++i) {
    const RouterReport& was = before.routers[i];
    const RouterReport& is = after.routers[i];
    KEELVIP_CHECK(is.peers.size() <= vrrp::kMaxPeers);
    if (is.statistics.advertisement_rcvd != was.statistics.advertisement_rcvd) {
      KEELVIP_CHECK(was.role != vrrp::Role::kInitialize);
      ++taken;
    } else if (is.reason == was.reason || is.reason != vrrp::TransitionReason::kConfigExpired) {
      KEELVIP_CHECK(same_but_for_rejections(was, is));
    }
  }
  return taken;
}

}  // namespace

Session::Session() {
  config_.routers = routers();
  KEELVIP_CHECK(config_.routers.size() == kRouters);
  adopt();
}

std::size_t Session::take_adverts() {
  std::size_t adverts = 0;
  for (std::size_t i = 0; i < speaker_.frames().size(); ++i) {
    const auto frame = speaker_.frames()[i].bytes;
    // A neighbour advertisement has the Ethernet type of an IPv6 advert and another next header.
    const bool arp = frame[13] == std::byte{0x06};
    const bool neighbor = frame[13] == std::byte{0xdd} && frame[20] == std::byte{58};
    if (arp || neighbor) {
      continue;
    }
    ++adverts;
    const auto packet = vrrp::PeerPacket::from_frame(speaker_.frames()[i].interface, frame);
    const auto advert = vrrp::decode(packet.view(), {});
    KEELVIP_CHECK(advert.has_value());
    KEELVIP_CHECK(advert->address_count > 0);
    KEELVIP_CHECK(advert->interval.count() > 0);
  }
  speaker_.frames().clear();
  return adverts;
}

void Session::adopt() {
  ++config_.revision;
  speaker_.adopt(config_, now_);
  // Those that leave resign, those that are new may own their addresses.
  KEELVIP_CHECK(take_adverts() <= kMostAdverts);
}

void Session::turn() {
  speaker_.advance(now_);
  KEELVIP_CHECK(speaker_.frames().size() <= vrrp::Speaker::kAnnouncementsPerTurn + kMostAdverts);
  KEELVIP_CHECK(take_adverts() <= kMostAdverts);
}

void Session::live(Duration duration) {
  // Enough for any input to get somewhere, few enough for many inputs a second.
  constexpr int kMostTurns = 8;
  const Instant end = now_ + duration;
  for (int turns = 0; turns < kMostTurns && speaker_.next_deadline() <= end; ++turns) {
    now_ = std::max(now_, speaker_.next_deadline());
    turn();
    KEELVIP_CHECK(speaker_.next_deadline() > now_);
  }
  now_ = std::max(now_, std::min(end, speaker_.next_deadline()));
}

void Session::hear(const vrrp::PeerPacket& packet) {
  speaker_.report(before_);
  const Instant deadline = speaker_.next_deadline();
  const std::uint64_t role_changes = speaker_.role_changes();
  speaker_.receive(packet.view(), now_);
  speaker_.report(after_);
  const std::size_t taken = check_heard(before_, after_);
  KEELVIP_CHECK(taken <= 1);
  if (taken == 0 && deadline > now_) {
    KEELVIP_CHECK(speaker_.frames().empty());
    KEELVIP_CHECK(speaker_.next_deadline() == deadline);
    KEELVIP_CHECK(speaker_.role_changes() == role_changes);
  }
  // A config that is found expired makes each of its routers say a word.
  KEELVIP_CHECK(take_adverts() <= (deadline > now_ ? 1 : 1 + kRouters));
  const auto takes_part = [](const RouterReport& router) {
    return router.role != vrrp::Role::kInitialize;
  };
  KEELVIP_CHECK(std::ranges::none_of(after_.routers, takes_part) ||
                speaker_.next_deadline() - now_ <= kLongestWait);
}

/// An advert that is right but for what the input changes about it.
vrrp::PeerPacket Session::read_advert(Input& input) const {
  static const std::vector<RouterConfig> kAll = routers();
  const vrrp::RouterSettings& ours = kAll[input.u8() % kRouters].settings;
  const std::uint8_t flags = input.u8();
  const std::uint8_t priority = input.u8();
  const bool ipv4 = ours.family == net::Family::kIpv4;
  std::array<std::uint8_t, 16> ipv6{0xfe, 0x80};
  ipv6[15] = input.u8();
  const auto source = ipv4 ? net::IpAddress::v4({192, 0, 2, ipv6[15]}) : net::IpAddress::v6(ipv6);
  std::vector<net::IpAddress> list;
  for (const vrrp::AdvertisedAddress& entry : ours.addresses) {
    list.push_back(entry.address);
  }
  if ((flags & 1U) != 0) {
    list.push_back(source);
  }
  const base::Centiseconds interval =
      (flags & 2U) != 0 ? base::Centiseconds{input.u16() & 0xfffU} : ours.advert_interval;
  vrrp::PeerPacket packet = vrrp::PeerPacket::of(
      {.version = ours.version,
       .family = ours.family,
       .vrid = ours.vrid,
       .priority = {priority},
       .interval = interval,
       .auth_type = static_cast<std::uint8_t>(ours.password ? 1 : 0),
       .auth_data = ours.password.value_or(vrrp::SimpleText{})},
      list, source,
      (flags & 4U) != 0 ? vrrp::ChecksumForm::kMessageOnly : vrrp::ChecksumForm::kPseudoHeader);
  packet.interface = ours.interface;
  return packet;
}

/// What the controller may change while the Speaker runs.
void Session::reconfigure(Input& input) {
  const std::uint8_t choice = input.u8();
  if (choice % 8 == 0 && !absent_.empty()) {
    config_.routers.push_back(std::move(absent_.back()));
    absent_.pop_back();
    std::ranges::sort(config_.routers, {}, &RouterConfig::id);
  } else if (!config_.routers.empty()) {
    const std::size_t index = input.u8() % config_.routers.size();
    vrrp::RouterSettings& settings = config_.routers[index].settings;
    switch (choice % 8) {
      case 1:
        absent_.push_back(config_.routers[index]);
        config_.routers.erase(config_.routers.begin() + static_cast<std::ptrdiff_t>(index));
        break;
      case 2:
        settings.priority = {static_cast<std::uint8_t>(input.u8() | 1U)};
        break;
      case 3:
        settings.advert_interval = base::Centiseconds{(input.u8() % 255 + 1) * 100};
        if (settings.version == Version::kV3) {
          settings.advert_interval = std::min(settings.advert_interval, base::Centiseconds{4095});
        }
        break;
      case 4:
        ++settings.addresses.front().announce_generation;
        break;
      case 5:
        settings.preemption.mode = static_cast<vrrp::PreemptionMode>(input.u8() % 3);
        break;
      case 6:
        config_.expires = now_ + read_duration(input);
        break;
      default:
        config_.expires = base::kNever;
    }
  }
  adopt();
}

void Session::step(Input& input) {
  const std::uint8_t kind = input.u8();
  switch (kind % 6) {
    case 0:
      live(read_duration(input));
      break;
    case 1:  // a stall: nobody looks until then
      now_ += read_duration(input);
      break;
    case 2:
      turn();
      break;
    case 3:
      hear(read_advert(input));
      break;
    case 4: {
      const std::uint8_t mended = input.u8();
      Input bytes(input.take(input.u8()));
      vrrp::PeerPacket packet = read_packet(bytes);
      mend(packet, mended);
      hear(packet);
      break;
    }
    default:
      reconfigure(input);
  }
}

}  // namespace keelvip::fuzz
