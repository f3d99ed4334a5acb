#include "schedule.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<const char*, kFaultKinds> kNames{"loss",
                                                      "delay",
                                                      "doubling",
                                                      "partition",
                                                      "split",
                                                      "deaf",
                                                      "mute",
                                                      "one-way",
                                                      "freeze",
                                                      "frozen machine",
                                                      "controller hang",
                                                      "crash",
                                                      "restart",
                                                      "rolling restart",
                                                      "link down",
                                                      "carrier loss",
                                                      "flap",
                                                      "link deleted",
                                                      "refusal",
                                                      "slow kernel",
                                                      "address deleted",
                                                      "foreign address",
                                                      "bystander",
                                                      "overrun",
                                                      "health",
                                                      "health flap",
                                                      "forgery",
                                                      "new priority",
                                                      "new interval",
                                                      "new preemption",
                                                      "vip removed",
                                                      "bad spec",
                                                      "stale spec"};

class Author {
 public:
  explicit Author(std::uint64_t seed) : chance_(seed) { schedule_.seed = seed; }

  Schedule write() && {
    write_nodes();
    const std::uint32_t draw = chance_.below(10);
    const std::size_t vips = draw < 6 ? 1 : (draw < 9 ? 2 : 3);
    for (std::size_t i = 0; i < vips; ++i) {
      write_vip(i);
    }
    const bool slow = chance_.chance(200);
    schedule_.hand_off = slow ? Duration(milliseconds(2)) : Duration(microseconds(100));
    const std::uint32_t faults = 1 + chance_.below(7);
    for (std::uint32_t i = 0; i < faults; ++i) {
      write_fault();
    }
    std::ranges::sort(schedule_.faults, {}, &Fault::begins);
    return std::move(schedule_);
  }

 private:
  void write_nodes() {
    const std::uint32_t draw = chance_.below(20);
    const std::size_t count = draw < 16 ? 3 : (draw < 19 ? 2 : 4);
    const bool wrong_clocks = chance_.chance(300);
    const std::uint32_t turn = chance_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      NodePlan node;
      node.name = fmt::format("lb-{}", i);
      node.host = static_cast<std::uint8_t>(11 + (i + turn) % 4);
      if (wrong_clocks) {
        node.clock_error = static_cast<std::int64_t>(chance_.below(20'001)) - 10'000;
      }
      node.clock_began = chance_.between(seconds(10), seconds(1000));
      node.starts = chance_.chance(500) ? Duration{} : chance_.between({}, seconds(3));
      schedule_.nodes.push_back(std::move(node));
    }
  }

  void write_vip(std::size_t position) {
    api::VirtualIp vip;
    vip.metadata.name = fmt::format("vip-{}", position);
    api::Spec& spec = vip.spec;
    spec.virtual_router_id = vrid_of(position);
    if (chance_.chance(800)) {
      spec.interface = "eth0";
    }
    const bool ipv6 = chance_.chance(150);
    const bool both = ipv6 && chance_.chance(400);
    const auto last = static_cast<std::uint8_t>(100 + 10 * position);
    if (!ipv6 || both) {
      const std::uint32_t count = 1 + chance_.below(2);
      for (std::uint8_t i = 0; i < count; ++i) {
        const std::uint8_t host = static_cast<std::uint8_t>(last + i);
        spec.addresses.push_back({net::IpAddress::v4({10, 0, 0, host}),
                                  static_cast<std::uint8_t>(chance_.chance(700) ? 24 : 32)});
      }
    }
    if (ipv6) {
      spec.addresses.push_back(
          {net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, last}), 64});
      spec.addresses.push_back(
          {net::IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, last}),
           64});
    }
    write_timing(spec, !ipv6 && chance_.chance(150));
    write_priorities(spec);
    write_preemption(spec);
    spec.announce.burst_count = 1 + chance_.below(3);
    spec.announce.second_burst_delay = chance_.chance(300) ? Duration(seconds(5)) : Duration{};
    if (chance_.chance(200)) {
      spec.announce.refresh = {};
    }
    if (chance_.chance(250)) {
      write_check(spec);
    }
    schedule_.vips.push_back(std::move(vip));
  }

  void write_timing(api::Spec& spec, bool version_2) {
    constexpr std::array kIntervals{10, 20, 25, 50, 50, 100, 100, 100, 200};
    spec.advert_interval = base::Centiseconds{chance_.pick<int>(kIntervals)};
    if (version_2) {
      spec.vrrp_version = 2;
      spec.advert_interval = base::Centiseconds{chance_.chance(800) ? 100 : 200};
      if (chance_.chance(400)) {
        spec.authentication = api::Authentication{api::Secret("secret"), ""};
      }
    }
  }

  void write_priorities(api::Spec& spec) {
    if (chance_.chance(250)) {
      spec.priority = 100;  // the same for all: addresses decide
      return;
    }
    std::vector<api::NodePriority> nodes;
    const bool steps = chance_.chance(500);
    for (std::size_t i = 0; i < schedule_.nodes.size(); ++i) {
      const auto priority =
          steps ? 100 - 10 * static_cast<std::uint32_t>(i) : 1 + chance_.below(254);
      nodes.push_back({schedule_.nodes[i].name, static_cast<std::uint8_t>(priority)});
    }
    spec.nodes = std::move(nodes);
  }

  void write_preemption(api::Spec& spec) {
    const std::uint32_t draw = chance_.below(10);
    if (draw >= 8) {
      spec.preemption.mode = api::Preemption::Mode::kNever;
    } else if (draw >= 6) {
      spec.preemption.mode = api::Preemption::Mode::kDelayed;
      spec.preemption.delay = seconds(1 + chance_.below(4));
    }
  }

  void write_check(api::Spec& spec) {
    api::HealthCheck check;
    check.name = "web";
    check.probe = api::HttpGet{};
    check.period = milliseconds(chance_.chance(500) ? 1000 : 400);
    check.success_threshold = 1 + chance_.below(2);
    check.failure_threshold = 1 + chance_.below(2);
    if (chance_.chance(500)) {
      check.on_failure = {api::OnFailure::Action::kLowerPriority,
                          static_cast<std::uint8_t>(5 + chance_.below(60))};
    }
    spec.health_checks.push_back(std::move(check));
  }

  void write_fault() {
    Fault fault;
    fault.kind = static_cast<FaultKind>(chance_.below(kFaultKinds));
    fault.begins = chance_.between(seconds(1), kFaultsEnd - seconds(1));
    fault.node = chance_.below(static_cast<std::uint32_t>(schedule_.nodes.size()));
    fault.peer = chance_.below(static_cast<std::uint32_t>(schedule_.nodes.size()));
    fault.vip = chance_.below(static_cast<std::uint32_t>(schedule_.vips.size()));
    // Short ones and long ones alike.
    const Duration longest =
        chance_.chance(500) ? Duration(milliseconds(300)) : Duration(seconds(9));
    fault.lasts = std::min(chance_.between(milliseconds(1), longest), kFaultsEnd - fault.begins);
    switch (fault.kind) {
      case FaultKind::kLoss:
        fault.amount = 50 + chance_.below(900);
        break;
      case FaultKind::kDelay:
        fault.amount = 1000 + chance_.below(60'000);
        break;
      case FaultKind::kDoubling:
        fault.amount = 100 + chance_.below(900);
        break;
      case FaultKind::kRefusal:
        fault.amount = 1 + chance_.below(4);
        break;
      case FaultKind::kSlowKernel:
        fault.amount = 1000 + chance_.below(900'000);
        break;
      case FaultKind::kNewPriority:
        fault.amount = 1 + chance_.below(254);
        break;
      case FaultKind::kControllerHang:
        fault.lasts = std::min(fault.lasts, Duration(seconds(5)));
        break;
      default:
        fault.amount = chance_.below(1000);
        break;
    }
    schedule_.faults.push_back(fault);
  }

  Prng chance_;
  Schedule schedule_;
};

std::string seconds_of(Duration duration) {
  return fmt::format("{}.{:03} s", duration / seconds(1), duration % seconds(1) / milliseconds(1));
}

}  // namespace

const char* to_string(FaultKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

Schedule make_schedule(std::uint64_t seed) {
  return Author(seed).write();
}

std::string describe(const Schedule& schedule) {
  std::string text =
      fmt::format("seed {}, hand-off {} us\n", schedule.seed, schedule.hand_off / microseconds(1));
  for (const NodePlan& node : schedule.nodes) {
    text += fmt::format("  {} 10.0.0.{} clock {:+} ppm starts at {}\n", node.name, node.host,
                        node.clock_error, seconds_of(node.starts));
  }
  for (const api::VirtualIp& vip : schedule.vips) {
    const api::Spec& spec = vip.spec;
    text += fmt::format("  {} vrid {} v{} every {} cs, preemption {}{}", vip.metadata.name,
                        spec.virtual_router_id, spec.vrrp_version, spec.advert_interval.count(),
                        static_cast<int>(spec.preemption.mode),
                        spec.health_checks.empty() ? "" : ", checked");
    for (const net::Prefix& prefix : spec.addresses) {
      text += " " + prefix.to_string();
    }
    if (spec.nodes) {
      for (const api::NodePriority& node : *spec.nodes) {
        text += fmt::format(" {}={}", node.name, node.priority);
      }
    }
    text += "\n";
  }
  for (const Fault& fault : schedule.faults) {
    text += fmt::format("  at {} for {}: {} node {} peer {} vip {} amount {}\n",
                        seconds_of(fault.begins), seconds_of(fault.lasts), to_string(fault.kind),
                        fault.node, fault.peer, fault.vip, fault.amount);
  }
  return text;
}

}  // namespace keelvip::sim
