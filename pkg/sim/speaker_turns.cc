// The loop around the Speaker, as SpeakerLoop of pkg/agent has it.
#include <algorithm>
#include <utility>

#include "pkg/sim/agent_process.h"

namespace keelvip::sim {
namespace {

using base::Instant;

// The same as in pkg/agent/speaker_loop.cc.
constexpr base::Duration kGather = std::chrono::milliseconds(1);
constexpr base::Duration kReportInterval = std::chrono::seconds(1);

/// Packets that a socket's buffer holds while nobody reads.
constexpr std::size_t kSocketBuffer = 512;

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIpv6Header = 40;

/// What a Linux raw socket makes of a frame: it keeps the IPv4 header and turns the IPv6 header
/// into ancillary data.
net::ReceivedPacket to_packet(net::InterfaceIndex interface, std::span<const std::byte> frame) {
  const std::span<const std::byte> ip = frame.subspan(kEthernet);
  net::ReceivedPacket packet;
  packet.interface = interface;
  packet.bytes = ip;
  if (frame[12] == std::byte{0x86}) {
    packet.family = net::Family::kIpv6;
    packet.source = net::IpAddress::from_bytes(packet.family, ip.subspan(8, 16));
    packet.destination = net::IpAddress::from_bytes(packet.family, ip.subspan(24, 16));
    packet.hop_limit = std::to_integer<std::uint8_t>(ip[7]);
    packet.bytes = ip.subspan(kIpv6Header);
  }
  return packet;
}

}  // namespace

void AgentProcess::packet_arrives(std::uint32_t slot, net::InterfaceIndex interface) {
  const net::Family family =
      scene_.frame(slot).bytes[12] == std::byte{0x86} ? net::Family::kIpv6 : net::Family::kIpv4;
  const bool listens =
      std::ranges::find(targets_, ListenTarget{interface, family}) != targets_.end();
  if (!listens || inbox_.size() >= kSocketBuffer) {
    scene_.release(slot);
    return;
  }
  inbox_.push_back({slot, interface});
  if (gather_until_ == base::kNever) {
    packets_wait_ = true;
    wake(speaker_at_, EventKind::kSpeakerTurn);
  }
}

void AgentProcess::speaker_turn() {
  const Instant now = local();
  if (next_config_) {
    adopt_config(now);
  }
  if (std::exchange(packets_wait_, false) || gather_until_ != base::kNever) {
    take_in_packets(now);
  }
  speaker_.advance(now);
  note_roles(now);
  send_frames();
  if (speaker_.role_changes() != reported_changes_ || now >= next_report_) {
    publish_report(now);
  }
  rest_until(speaker_at_, EventKind::kSpeakerTurn,
             std::min({speaker_.next_deadline(), gather_until_, next_report_}));
}

void AgentProcess::adopt_config(Instant now) {
  config_ = std::move(*next_config_);
  next_config_.reset();
  scene_.tell(node_, ConfigAdopted{now, &config_});
  speaker_.adopt(config_, now);
  note_roles(now);
  targets_.clear();
  gather_ = kGather;
  for (const vrrp::RouterConfig& router : config_.routers) {
    if (router.participate || router.hand_over) {  // its successor is to be heard
      const ListenTarget target{router.settings.interface, router.settings.family};
      if (std::ranges::find(targets_, target) == targets_.end()) {
        targets_.push_back(target);
      }
      gather_ =
          std::min<base::Duration>(gather_, base::Duration(router.settings.advert_interval) / 100);
    }
  }
}

void AgentProcess::take_in_packets(Instant now) {
  taken_.swap(inbox_);
  for (const Packet& packet : taken_) {
    hear(packet, now);
  }
  const bool any = !taken_.empty();
  taken_.clear();
  const bool in_a_burst = now - std::exchange(last_packets_, now) < gather_;
  if (gather_until_ == base::kNever) {
    if (in_a_burst) {
      gather_until_ = now + gather_;
    }
  } else if (now >= gather_until_) {
    gather_until_ = any ? now + gather_ : base::kNever;
  }
}

void AgentProcess::hear(const Packet& packet, Instant now) {
  const Frame& frame = scene_.frame(packet.slot);
  const net::ReceivedPacket received = to_packet(packet.interface, frame.bytes);
  scene_.tell(node_, PacketHeard{now, received.interface, received.family, received.bytes,
                                 received.source, frame.genuine});
  scene_.release(packet.slot);
  speaker_.receive(received, now);
  note_roles(now);
}

void AgentProcess::note_roles(Instant now) {
  if (speaker_.role_changes() == seen_changes_) {
    return;
  }
  seen_changes_ = speaker_.role_changes();
  scratch_.routers.swap(seen_.routers);
  speaker_.report(seen_);
  const auto config_of = [&](vrrp::RouterId id) {
    return std::ranges::find(config_.routers, id, &vrrp::RouterConfig::id);
  };
  for (const vrrp::RouterReport& router : seen_.routers) {
    const auto before = std::ranges::find(scratch_.routers, router.id, &vrrp::RouterReport::id);
    const vrrp::Role from =
        before == scratch_.routers.end() ? vrrp::Role::kInitialize : before->role;
    const bool handed = before != scratch_.routers.end() && before->hands_over;
    const auto config = config_of(router.id);
    if (config == config_.routers.end()) {
      continue;
    }
    const vrrp::RouterSettings& settings = config->settings;
    if (from != router.role) {
      scene_.tell(node_, RoleChanged{now, router.id, settings.interface, settings.family,
                                     settings.vrid, from, router.role, router.reason});
    }
    if (handed != router.hands_over) {
      scene_.tell(node_, HandOverChanged{now, settings.family, settings.vrid, router.hands_over});
    }
  }
}

void AgentProcess::send_frames() {
  net::FrameBatch& frames = speaker_.frames();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const net::FrameBatch::Frame frame = frames[i];
    const std::size_t segment = kernel_.segment_of(frame.interface);
    if (segment != HostKernel::kNoSegment) {
      scene_.tell(node_, FrameSent{segment, scene_.send(node_, segment, frame.bytes)});
    }
  }
  frames.clear();
}

void AgentProcess::publish_report(Instant now) {
  speaker_.report(report_);
  report_waits_ = true;
  reported_changes_ = speaker_.role_changes();
  next_report_ = now + kReportInterval;
  hand_off(controller_at_, EventKind::kControllerTurn);
}

}  // namespace keelvip::sim
