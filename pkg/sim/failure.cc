#include "pkg/sim/failure.h"

#include <algorithm>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

void cut_off(Segment& lan, std::size_t host) {
  for (std::size_t other = 0; other < lan.members(); ++other) {
    ++lan.path(host, other).cuts;
    ++lan.path(other, host).cuts;
  }
}

}  // namespace

std::string_view to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::kPowerCut:
      return "PowerCut";
    case FailureKind::kStopped:
      return "Stopped";
    case FailureKind::kAgentKilled:
      return "AgentKilled";
    case FailureKind::kLinkDown:
      return "LinkDown";
    case FailureKind::kCutOff:
      return "CutOff";
    case FailureKind::kCheckFails:
      break;
  }
  return "CheckFails";
}

std::vector<Failure> all_failures(const Layout& layout, std::span<const api::VirtualIp> vips) {
  std::vector<Failure> failures;
  for (std::size_t host = 0; host < layout.hosts.size(); ++host) {
    for (const FailureKind kind :
         {FailureKind::kPowerCut, FailureKind::kStopped, FailureKind::kAgentKilled}) {
      failures.push_back({kind, host});
    }
    for (const FailureKind kind : {FailureKind::kLinkDown, FailureKind::kCutOff}) {
      for (const Port& port : layout.hosts[host].ports) {
        failures.push_back({kind, host, port.lan});
      }
    }
    for (std::size_t vip = 0; vip < vips.size(); ++vip) {
      if (std::ranges::find(layout.holders[vip], host) == layout.holders[vip].end()) {
        continue;
      }
      for (std::size_t check = 0; check < vips[vip].spec.health_checks.size(); ++check) {
        failures.push_back({FailureKind::kCheckFails, host, layout.lan_of[vip], vip, check});
      }
    }
  }
  return failures;
}

bool add_up(const Failure& one, const Failure& other) {
  const auto ends_link = [](const Failure& failure) {
    return failure.kind == FailureKind::kLinkDown || failure.kind == FailureKind::kCutOff;
  };
  if (one.host != other.host) {
    return true;
  }
  const bool one_link = ends_link(one) && ends_link(other) && one.lan == other.lan;
  return !one.ends_agent() && !other.ends_agent() && !one_link;
}

std::string describe(const Failure& failure, const Layout& layout,
                     std::span<const api::VirtualIp> vips) {
  const std::string& host = layout.hosts[failure.host].name;
  switch (failure.kind) {
    case FailureKind::kPowerCut:
      return fmt::format("{} loses power", host);
    case FailureKind::kStopped:
      return fmt::format("{} is stopped", host);
    case FailureKind::kAgentKilled:
      return fmt::format("{}: agent killed", host);
    case FailureKind::kLinkDown:
      return fmt::format("{}: {} down", host, layout.lans[failure.lan].interface);
    case FailureKind::kCutOff:
      return fmt::format("{}: {} cut off", host, layout.lans[failure.lan].interface);
    case FailureKind::kCheckFails:
      break;
  }
  return fmt::format("{}: check {}/{} fails", host, vips[failure.vip].metadata.name,
                     vips[failure.vip].spec.health_checks[failure.check].name);
}

void strike(World& world, const Failure& failure, const Layout& layout,
            std::span<const api::VirtualIp> vips) {
  Node& node = world.node(failure.host);
  switch (failure.kind) {
    case FailureKind::kPowerCut:
      node.crash();
      for (const Port& port : layout.hosts[failure.host].ports) {
        node.kernel().set_carrier(layout.lans[port.lan].interface, false);
      }
      break;
    case FailureKind::kStopped:
      node.stop();
      break;
    case FailureKind::kAgentKilled:
      node.crash();
      break;
    case FailureKind::kLinkDown:
      node.kernel().set_carrier(layout.lans[failure.lan].interface, false);
      break;
    case FailureKind::kCutOff:
      cut_off(world.segment(failure.lan), failure.host);
      break;
    case FailureKind::kCheckFails:
      node.backend().set({vips[failure.vip].metadata.name,
                          vips[failure.vip].spec.health_checks[failure.check].name},
                         false);
      break;
  }
}

}  // namespace keelvip::sim
