#include "pkg/sim/happening.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "pkg/base/overloaded.h"

namespace keelvip::sim {
namespace {

constexpr std::size_t kEthernet = 14;

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0U;
}

/// `packet` begins with an IPv4 header or with the VRRP message of IPv6.
std::string describe_message(std::span<const std::byte> packet, net::Family family) {
  const std::size_t offset = family == net::Family::kIpv4 ? (byte_at(packet, 0) & 0x0fU) * 4UL : 0;
  return fmt::format("advert v{} vrid {} priority {} interval {}", byte_at(packet, offset) >> 4U,
                     byte_at(packet, offset + 1), byte_at(packet, offset + 2),
                     (byte_at(packet, offset + 4) & 0x0fU) << 8U | byte_at(packet, offset + 5));
}

std::string describe_frame(std::span<const std::byte> frame) {
  const unsigned type = byte_at(frame, 12) << 8U | byte_at(frame, 13);
  if (type == 0x0806 && frame.size() >= 32) {
    return "ARP for " +
           net::IpAddress::from_bytes(net::Family::kIpv4, frame.subspan(28, 4)).to_string();
  }
  const bool ipv4 = type == 0x0800;
  if (!ipv4 && byte_at(frame, kEthernet + 6) == 58) {
    return "NA for " +
           net::IpAddress::from_bytes(net::Family::kIpv6, frame.subspan(62, 16)).to_string();
  }
  return describe_message(frame.subspan(ipv4 ? kEthernet : kEthernet + 40),
                          ipv4 ? net::Family::kIpv4 : net::Family::kIpv6);
}

std::string_view name_of(Life life) {
  switch (life) {
    case Life::kStarted:
      return "started";
    case Life::kCrashed:
      return "crashed";
    case Life::kExited:
      return "exited";
    case Life::kPaused:
      return "frozen";
    case Life::kResumed:
      break;
  }
  return "goes on";
}

std::string_view name_of(net::StepKind kind) {
  switch (kind) {
    case net::StepKind::kAdd:
      return "add";
    case net::StepKind::kRemove:
      return "remove";
    case net::StepKind::kRenew:
      break;
  }
  return "renew";
}

std::string describe(const Fact& fact) {
  return std::visit(
      base::overloaded{
          [](const FrameSent& f) { return "sends " + describe_frame(f.frame); },
          [](const PacketHeard& p) {
            return fmt::format("hears {}{}", describe_message(p.packet, p.family),
                               p.genuine ? "" : " (forged)");
          },
          [](const RoleChanged& r) {
            return fmt::format("vrid {} {} -> {} ({})", r.vrid.value, to_string(r.from),
                               to_string(r.to), to_string(r.reason));
          },
          [](const HandOverChanged& h) {
            return fmt::format("vrid {} {}", h.vrid.value,
                               h.begins ? "hands over" : "has handed over");
          },
          [](const ConfigAdopted& c) {
            std::string text = fmt::format("config {}:", c.config->revision);
            for (const vrrp::RouterConfig& router : c.config->routers) {
              text +=
                  fmt::format(" vrid {} priority {}{}", router.settings.vrid.value,
                              router.settings.priority.value, router.participate ? "" : " (out)");
            }
            return text;
          },
          [](const AddressChanged& a) {
            return fmt::format("{} {} {}", a.ours ? "our" : "foreign", a.prefix.to_string(),
                               a.present ? "is there" : "is gone");
          },
          [](const StepTried& s) {
            return fmt::format("{} {}: {}", name_of(s.step.kind), s.step.prefix.to_string(),
                               s.worked ? "done" : "refused");
          },
          [](const LifeChanged& l) { return std::string(name_of(l.life)); },
          [](const LinkChanged& l) {
            return fmt::format(
                "link {} {}", l.interface.value,
                l.present ? (l.operational ? "is up" : "is down") : "does not exist any more");
          },
          [](const NeighborLearned& n) {
            return fmt::format("neighbours learn {} is at {}", n.address.to_string(),
                               n.mac.to_string());
          },
      },
      fact);
}

}  // namespace

std::string print(const Happening& happening) {
  const auto elapsed = happening.at.time_since_epoch().count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  return fmt::format("{:3}.{:09} node {}: {}", elapsed / kSecond, elapsed % kSecond, happening.node,
                     describe(happening.fact));
}

}  // namespace keelvip::sim
