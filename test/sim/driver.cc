#include "driver.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/vrrp/encode.h"

namespace keelvip::sim {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kLink = "eth0";

/// Another stream of chance than that of the schedule.
constexpr std::uint64_t kWorldSalt = 0x5eed'0f7e'1107'0001;

}  // namespace

Driver::Driver(const Schedule& schedule)
    : schedule_(schedule),
      world_(schedule.seed ^ kWorldSalt, schedule.nodes.size(), 1),
      specs_(schedule) {
  world_.scheduling().hand_off = schedule.hand_off;
  for (const NodePlan& plan : schedule.nodes) {
    Node& node = world_.add_node(plan.name, NodeClock(plan.clock_began, plan.clock_error));
    const std::uint8_t host = plan.host;
    node.kernel().add_link(
        kLink, {{0x02, 0, 0, 0, 0, host}},
        {{net::IpAddress::v4({10, 0, 0, host}), 24},
         {net::IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host}), 64},
         {net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host}), 64}},
        0);
  }
  plan();
  publish_specs();
}

void Driver::plan() {
  for (std::size_t i = 0; i < schedule_.nodes.size(); ++i) {
    plan_.push_back({Instant{} + schedule_.nodes[i].starts, Phase::kStart, i});
  }
  for (std::size_t i = 0; i < schedule_.faults.size(); ++i) {
    const Fault& fault = schedule_.faults[i];
    plan_.push_back({Instant{} + fault.begins, Phase::kBegin, i});
    plan_repeats(i);
    plan_.push_back({Instant{} + fault.begins + fault.lasts, Phase::kEnd, i});
  }
  plan_.push_back({Instant{} + kHealed, Phase::kHeal, 0});
  for (std::size_t i = 0; i < schedule_.nodes.size(); ++i) {
    // Agents that were still on their way out.
    plan_.push_back({Instant{} + kHealed + seconds(4), Phase::kStart, i});
  }
  std::ranges::stable_sort(plan_, {}, &Act::at);
  std::ranges::reverse(plan_);
}

void Driver::plan_repeats(std::size_t position) {
  const Fault& fault = schedule_.faults[position];
  Duration shortest{};
  Duration longest{};
  switch (fault.kind) {
    case FaultKind::kFlap:
      shortest = milliseconds(5);
      longest = milliseconds(500);
      break;
    case FaultKind::kForgery:
      shortest = milliseconds(5);
      longest = milliseconds(150);
      break;
    case FaultKind::kHealthFlap:
      shortest = milliseconds(200);
      longest = milliseconds(1500);
      break;
    case FaultKind::kRollingRestart:
      shortest = milliseconds(300);
      longest = seconds(2);
      break;
    default:
      return;
  }
  for (Duration at = fault.begins;;) {
    at += world_.prng().between(shortest, longest);
    if (at >= fault.begins + fault.lasts) {
      return;
    }
    plan_.push_back({Instant{} + at, Phase::kAgain, position});
  }
}

Instant Driver::next() const {
  return plan_.empty() ? base::kNever : plan_.back().at;
}

void Driver::act(ClusterView& view) {
  while (!plan_.empty() && plan_.back().at <= world_.now()) {
    const Act act = plan_.back();
    plan_.pop_back();
    carry_out(act, view);
    ++acts_;
  }
  world_.settle();
}

void Driver::carry_out(const Act& act, ClusterView& view) {
  switch (act.phase) {
    case Phase::kStart:
      world_.node(act.fault).start();
      break;
    case Phase::kBegin:
      begin(schedule_.faults[act.fault], view);
      disturb(view, schedule_.faults[act.fault]);
      if (schedule_.faults[act.fault].kind == FaultKind::kLoss) {
        // Every advert that gets through may change roles.
        acts_ += static_cast<std::size_t>(schedule_.faults[act.fault].lasts / milliseconds(100));
      }
      break;
    case Phase::kAgain:
      again(schedule_.faults[act.fault], act, view);
      disturb(view, schedule_.faults[act.fault]);
      break;
    case Phase::kEnd:
      end(schedule_.faults[act.fault], view);
      disturb(view, schedule_.faults[act.fault]);
      break;
    case Phase::kHeal:
      heal(view);
      break;
  }
}

void Driver::begin(const Fault& fault, ClusterView& /*view*/) {
  Node& node = world_.node(fault.node);
  switch (fault.kind) {
    case FaultKind::kFreeze:
      node.freeze();
      break;
    case FaultKind::kFrozenMachine:
      node.freeze();
      harm_paths(fault, true);
      break;
    case FaultKind::kControllerHang:
      node.hang_controller(fault.lasts);
      break;
    case FaultKind::kCrash:
      node.crash();
      break;
    case FaultKind::kRestart:
      node.stop();
      break;
    case FaultKind::kHealth:
    case FaultKind::kHealthFlap:
      node.backend().set({schedule_.vips[fault.vip].metadata.name, "web"}, false);
      break;
    case FaultKind::kForgery:
      forge(fault);
      break;
    case FaultKind::kNewPriority:
    case FaultKind::kNewInterval:
    case FaultKind::kNewPreemption:
    case FaultKind::kVipRemoved:
    case FaultKind::kBadSpec:
    case FaultKind::kStaleSpec:
      specs_.change(fault, true);
      publish_specs();
      break;
    default:
      harm_paths(fault, true);
      harm_host(fault, true);
      break;
  }
}

void Driver::again(const Fault& fault, const Act& act, ClusterView& /*view*/) {
  const bool even = act.at.time_since_epoch().count() % 2 == 0;
  switch (fault.kind) {
    case FaultKind::kFlap:
      world_.node(fault.node).kernel().set_carrier(kLink, even);
      break;
    case FaultKind::kForgery:
      forge(fault);
      break;
    case FaultKind::kHealthFlap:
      world_.node(fault.node).backend().set({schedule_.vips[fault.vip].metadata.name, "web"}, even);
      break;
    case FaultKind::kRollingRestart: {
      Node& node = world_.node(world_.prng().below(static_cast<std::uint32_t>(world_.nodes())));
      if (node.agent() == nullptr) {
        node.start();
      } else {
        node.stop();
      }
      break;
    }
    default:
      break;
  }
}

void Driver::end(const Fault& fault, ClusterView& /*view*/) {
  Node& node = world_.node(fault.node);
  switch (fault.kind) {
    case FaultKind::kFreeze:
      node.resume();
      break;
    case FaultKind::kFrozenMachine:
      harm_paths(fault, false);
      node.resume();
      break;
    case FaultKind::kCrash:
    case FaultKind::kRestart:
      node.start();
      break;
    case FaultKind::kRollingRestart:
      for (std::size_t i = 0; i < world_.nodes(); ++i) {
        world_.node(i).start();
      }
      break;
    case FaultKind::kHealth:
    case FaultKind::kHealthFlap:
      node.backend().set({schedule_.vips[fault.vip].metadata.name, "web"}, true);
      break;
    case FaultKind::kNewPriority:
    case FaultKind::kNewInterval:
    case FaultKind::kNewPreemption:
    case FaultKind::kVipRemoved:
    case FaultKind::kBadSpec:
    case FaultKind::kStaleSpec:
      specs_.change(fault, false);
      publish_specs();
      break;
    default:
      harm_paths(fault, false);
      harm_host(fault, false);
      break;
  }
}

void Driver::harm_paths(const Fault& fault, bool begins) {
  Segment& lan = world_.segment(0);
  const Path clean;
  const auto cut = [&](std::size_t from, std::size_t to) {
    Path& path = lan.path(from, to);
    path.cuts = begins ? path.cuts + 1 : path.cuts - std::min(path.cuts, 1U);
  };
  for (std::size_t other = 0; other < lan.members(); ++other) {
    const bool same_side = other == fault.node || other == lan.listener();
    for (Path* path : {&lan.path(fault.node, other), &lan.path(other, fault.node)}) {
      if (fault.kind == FaultKind::kLoss) {
        path->lost_per_mille = begins ? fault.amount : 0;
      } else if (fault.kind == FaultKind::kDelay) {
        path->longest = begins ? Duration(microseconds(fault.amount)) : clean.longest;
      } else if (fault.kind == FaultKind::kDoubling) {
        path->doubled_per_mille = begins ? fault.amount : 0;
      }
    }
    const bool alone = fault.kind == FaultKind::kPartition ||
                       fault.kind == FaultKind::kFrozenMachine ||
                       (fault.kind == FaultKind::kSplit && !same_side);
    if (alone || fault.kind == FaultKind::kMute) {
      cut(fault.node, other);
    }
    if (alone || fault.kind == FaultKind::kDeaf) {
      cut(other, fault.node);
    }
    if (fault.kind == FaultKind::kSplit && !same_side) {
      cut(other, lan.listener());
    }
  }
  if (fault.kind == FaultKind::kOneWay) {
    cut(fault.node, fault.peer);
  }
  if (fault.kind <= FaultKind::kOneWay || fault.kind == FaultKind::kFrozenMachine) {
    paths_harmed_ = world_.now();
  }
  longest_delay_ = {};
  for (std::size_t from = 0; from < lan.members(); ++from) {
    for (std::size_t to = 0; to < lan.members(); ++to) {
      longest_delay_ = std::max(longest_delay_, lan.path(from, to).longest);
    }
  }
}

void Driver::harm_host(const Fault& fault, bool begins) {
  HostKernel& kernel = world_.node(fault.node).kernel();
  const net::Prefix& address = schedule_.vips[fault.vip].spec.addresses.front();
  const net::Prefix bystander{net::IpAddress::v4({10, 0, 0, 200}), 24};
  switch (fault.kind) {
    case FaultKind::kLinkDown:
      kernel.set_up(kLink, !begins);
      break;
    case FaultKind::kCarrierLoss:
    case FaultKind::kFlap:
      kernel.set_carrier(kLink, !begins);
      break;
    case FaultKind::kLinkDeleted:
      if (begins) {
        kernel.delete_link(kLink);
      } else {
        kernel.recreate_link(kLink);
      }
      break;
    case FaultKind::kRefusal:
      kernel.refuse(begins ? static_cast<Refusal>(fault.amount) : Refusal::kNone);
      break;
    case FaultKind::kSlowKernel:
      kernel.slow_down(begins ? Duration(microseconds(fault.amount)) : Duration{});
      break;
    case FaultKind::kAddressDeleted:
      for (const net::Prefix& prefix : schedule_.vips[fault.vip].spec.addresses) {
        kernel.remove_by_others(prefix);
      }
      break;
    case FaultKind::kForeignAddress:
      if (begins) {
        kernel.add_foreign(kLink, address);
      } else {
        kernel.remove_by_others(address);
      }
      break;
    case FaultKind::kBystander:
      if (begins) {
        kernel.add_foreign(kLink, bystander);
      }
      break;
    case FaultKind::kOverrun:
      kernel.overrun();
      break;
    default:
      break;
  }
}

void Driver::publish_specs() {
  const SpecFiles now = specs_.files();
  for (std::size_t i = 0; i < world_.nodes(); ++i) {
    if (!specs_.is_stale(i)) {
      world_.node(i).write_specs(now, world_.prng().between(milliseconds(1), milliseconds(400)));
    }
  }
}

/// Adverts that nobody may believe: damaged, from afar, of another version, unsigned, or in our own
/// name. Each says a priority that would matter.
void Driver::forge(const Fault& fault) {
  const api::VirtualIp& vip = specs_.vips()[fault.vip];
  const bool ipv6 = vip.spec.addresses.front().address.family() == net::Family::kIpv6;
  const std::uint32_t damage = world_.prng().below(4);
  const auto peer = schedule_.nodes[(fault.node + 1) % schedule_.nodes.size()].host;
  constexpr std::array<std::uint8_t, 3> kPriorities{0, 1, 255};
  vrrp::MessageFields fields;
  fields.family = ipv6 ? net::Family::kIpv6 : net::Family::kIpv4;
  fields.version = vip.spec.vrrp_version == 2 ? vrrp::Version::kV2 : vrrp::Version::kV3;
  fields.vrid = {vip.spec.virtual_router_id};
  fields.priority = {world_.prng().pick<std::uint8_t>(kPriorities)};
  fields.interval = vip.spec.advert_interval;
  const net::IpAddress source =
      ipv6 ? net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, peer})
           : net::IpAddress::v4({10, 0, 0, peer});
  const std::array addresses{vip.spec.addresses.front().address};
  std::vector<std::byte> frame(vrrp::frame_size(fields, addresses.size()));
  vrrp::encode_frame(fields, addresses, vrrp::ChecksumForm::kPseudoHeader,
                     {{0x02, 0, 0, 0, 0, peer}}, source, frame);
  const std::size_t message = ipv6 ? 54 : 34;
  switch (damage) {
    case 0:  // a bit that flipped on the way
      frame[message + 6] ^= std::byte{1};
      break;
    case 1:  // from behind a router
      frame[ipv6 ? 14 + 7 : 14 + 8] = std::byte{254};
      break;
    case 2:  // another version
      frame[message] ^= std::byte{0x10};
      break;
    default:  // cut off
      frame.resize(frame.size() - 4);
      break;
  }
  world_.forge(fault.node, 0, frame);
}

void Driver::heal(ClusterView& view) {
  Segment& lan = world_.segment(0);
  for (std::size_t from = 0; from < lan.members(); ++from) {
    for (std::size_t to = 0; to < lan.members(); ++to) {
      lan.path(from, to) = Path{};
    }
  }
  longest_delay_ = Path{}.longest;
  specs_.heal();
  for (std::size_t i = 0; i < world_.nodes(); ++i) {
    Node& node = world_.node(i);
    node.kernel().refuse(Refusal::kNone);
    node.kernel().slow_down({});
    node.kernel().recreate_link(kLink);
    node.kernel().set_up(kLink, true);
    node.kernel().set_carrier(kLink, true);
    node.backend().heal();
    node.resume();
    node.start();
    view.nodes[i].disturbed_until = world_.now() + seconds(6);
  }
  publish_specs();
}

/// For how long after an act nothing is demanded of the addresses of a node.
void Driver::disturb(ClusterView& view, const Fault& fault) const {
  Duration aftermath = milliseconds(50);
  switch (fault.kind) {
    case FaultKind::kRefusal:
    case FaultKind::kSlowKernel:
      // Steps are tried again after the backoff that the failures so far have earned, and the
      // answer to one may be on its way for as long as they take.
      aftermath = fault.lasts + seconds(12);
      break;
    case FaultKind::kFreeze:
    case FaultKind::kFrozenMachine:
    case FaultKind::kControllerHang:
      aftermath = fault.lasts + milliseconds(200);
      break;
    case FaultKind::kAddressDeleted:
    case FaultKind::kForeignAddress:
      aftermath = seconds(2);
      break;
    default:
      break;
  }
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (i == fault.node || fault.kind == FaultKind::kRollingRestart) {
      Instant& until = view.nodes[i].disturbed_until;
      until = std::max(until, world_.now() + aftermath);
    }
  }
}

}  // namespace keelvip::sim
