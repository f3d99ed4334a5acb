#include "pkg/sim/layout.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

net::IpAddress from(net::Family family, const Bytes& bytes) {
  return family == net::Family::kIpv6
             ? net::IpAddress::v6(bytes)
             : net::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

/// The host of this number in the network of `subnet`.
net::IpAddress numbered(const net::Prefix& subnet, std::uint32_t number) {
  Bytes bytes{};
  std::ranges::copy(subnet.address.bytes(), bytes.begin());
  for (std::size_t bit = subnet.length; bit < subnet.address.bits(); ++bit) {
    bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  const std::size_t last = subnet.address.size() - 1;
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[last - i] |= static_cast<std::uint8_t>(number >> 8 * i);
  }
  return from(subnet.address.family(), bytes);
}

constexpr std::uint8_t kWidestLength4 = 24;
constexpr std::uint8_t kWidestLength6 = 64;
/// So many host bits leave room for all hosts beside their VIPs.
constexpr std::uint8_t kHostBits = 8;

/// The subnet that a VIP's address is in: the one that its prefix says, or a common one if that
/// has no room for hosts.
net::Prefix subnet_of(const net::Prefix& address) {
  const bool ipv4 = address.address.family() == net::Family::kIpv4;
  if (address.length + kHostBits <= address.address.bits()) {
    return {numbered(address, 0), address.length};
  }
  const std::uint8_t wider = ipv4 ? kWidestLength4 : kWidestLength6;
  return {numbered({address.address, wider}, 0), wider};
}

class Surveyor {
 public:
  explicit Surveyor(std::span<const api::VirtualIp> vips) : vips_(vips) {}

  Layout survey() && {
    name_hosts();
    layout_.lan_of.resize(vips_.size());
    for (std::size_t i = 0; i < vips_.size(); ++i) {
      if (!vips_[i].spec.interface.empty()) {
        settle(i, lan_named(vips_[i].spec.interface));
      }
    }
    for (std::size_t i = 0; i < vips_.size(); ++i) {
      if (vips_[i].spec.interface.empty()) {
        settle(i, lan_around(i));
      }
    }
    for (std::size_t i = 0; i < vips_.size(); ++i) {
      connect(i);
    }
    for (Host& host : layout_.hosts) {
      std::ranges::sort(host.ports, {}, &Port::lan);
    }
    number_hosts();
    give_to_owners();
    return std::move(layout_);
  }

 private:
  void name_hosts() {
    std::set<std::string> names;
    for (const api::VirtualIp& vip : vips_) {
      for (const api::NodePriority& node :
           vip.spec.nodes.value_or(std::vector<api::NodePriority>{})) {
        names.insert(node.name);
      }
      for (const net::Prefix& address : vip.spec.addresses) {
        taken_.insert(address.address);
      }
    }
    layout_.made_up_hosts = names.empty();
    if (names.empty()) {
      names = {"node-1", "node-2"};
    }
    for (const std::string& name : names) {
      layout_.hosts.push_back({name, {}});
    }
  }

  std::size_t lan_named(const std::string& interface) {
    const auto known = std::ranges::find(layout_.lans, interface, &Lan::interface);
    if (known == layout_.lans.end()) {
      layout_.lans.push_back({interface, false, {}});
      return layout_.lans.size() - 1;
    }
    return static_cast<std::size_t>(known - layout_.lans.begin());
  }

  /// As the agent looks for it: the longest prefix wins, then the first interface.
  std::size_t lan_around(std::size_t vip) {
    const auto& addresses = vips_[vip].spec.addresses;
    const auto first = std::ranges::find_if(
        addresses, [](const net::Prefix& p) { return !p.address.is_link_local(); });
    const net::Prefix& address = first == addresses.end() ? addresses.front() : *first;
    std::size_t best = layout_.lans.size();
    int longest = -1;
    for (std::size_t i = 0; i < layout_.lans.size(); ++i) {
      for (const net::Prefix& subnet : layout_.lans[i].subnets) {
        if (subnet.contains(address.address) && subnet.length > longest) {
          longest = subnet.length;
          best = i;
        }
      }
    }
    for (int i = 0; best == layout_.lans.size(); ++i) {
      const std::string name = fmt::format("lan-{}", i);
      if (std::ranges::find(layout_.lans, name, &Lan::interface) == layout_.lans.end()) {
        layout_.lans.push_back({name, true, {}});
        return layout_.lans.size() - 1;
      }
    }
    return best;
  }

  void settle(std::size_t vip, std::size_t lan) {
    layout_.lan_of[vip] = lan;
    std::vector<net::Prefix>& subnets = layout_.lans[lan].subnets;
    for (const net::Prefix& address : vips_[vip].spec.addresses) {
      const bool known = std::ranges::any_of(
          subnets, [&](const net::Prefix& subnet) { return subnet.contains(address.address); });
      if (!known) {
        subnets.push_back(subnet_of(address));
      }
    }
  }

  void connect(std::size_t vip) {
    const auto& nodes = vips_[vip].spec.nodes;
    std::vector<std::size_t>& holders = layout_.holders.emplace_back();
    for (std::size_t i = 0; i < layout_.hosts.size(); ++i) {
      Host& host = layout_.hosts[i];
      const std::size_t lan = layout_.lan_of[vip];
      if (nodes && std::ranges::find(*nodes, host.name, &api::NodePriority::name) == nodes->end()) {
        continue;
      }
      holders.push_back(i);
      if (host.port_on(lan) == nullptr) {
        const auto byte = [](std::size_t value) { return static_cast<std::uint8_t>(value % 256); };
        host.ports.push_back({lan, {{0x02, 0, 0, byte(lan / 256), byte(lan), byte(i + 1)}}, {}});
      }
    }
  }

  void number_hosts() {
    constexpr Bytes kLinkLocal{0xfe, 0x80};
    for (Host& host : layout_.hosts) {
      for (Port& port : host.ports) {
        std::vector<net::Prefix> subnets = layout_.lans[port.lan].subnets;
        const bool ipv6 = std::ranges::any_of(subnets, [](const net::Prefix& subnet) {
          return subnet.address.family() == net::Family::kIpv6;
        });
        const auto local = [](const net::Prefix& subnet) {
          return subnet.address.is_link_local() && subnet.address.family() == net::Family::kIpv6;
        };
        if (ipv6 && std::ranges::none_of(subnets, local)) {
          subnets.push_back({net::IpAddress::v6(kLinkLocal), kWidestLength6});
        }
        for (const net::Prefix& subnet : subnets) {
          port.addresses.push_back(free_in(subnet));
        }
      }
    }
  }

  /// An address of its own, in a wider network if VIPs have taken all of this one.
  net::Prefix free_in(net::Prefix subnet) {
    for (;; --subnet.length) {
      const auto bits = std::min(31, subnet.address.bits() - subnet.length);
      const std::uint32_t broadcast = (1U << bits) - 1;
      for (std::uint32_t number = 1; number < broadcast; ++number) {
        const net::IpAddress address = numbered(subnet, number);
        if (taken_.insert(address).second) {
          return {address, subnet.length};
        }
      }
    }
  }

  void give_to_owners() {
    constexpr std::uint8_t kOwner = 255;
    for (std::size_t i = 0; i < vips_.size(); ++i) {
      const api::Spec& spec = vips_[i].spec;
      const auto owns = [&](std::size_t place) {
        if (!spec.nodes) {
          return spec.priority == kOwner;
        }
        const auto node =
            std::ranges::find(*spec.nodes, layout_.hosts[place].name, &api::NodePriority::name);
        return node->priority == kOwner;
      };
      const auto owner = std::ranges::find_if(layout_.holders[i], owns);
      if (owner != layout_.holders[i].end()) {
        auto& ports = layout_.hosts[*owner].ports;
        auto& addresses = std::ranges::find(ports, layout_.lan_of[i], &Port::lan)->addresses;
        addresses.insert(addresses.end(), spec.addresses.begin(), spec.addresses.end());
      }
    }
  }

  std::span<const api::VirtualIp> vips_;
  Layout layout_;
  std::set<net::IpAddress> taken_;
};

}  // namespace

const Port* Host::port_on(std::size_t lan) const {
  const auto found = std::ranges::find(ports, lan, &Port::lan);
  return found == ports.end() ? nullptr : &*found;
}

Layout lay_out(std::span<const api::VirtualIp> vips) {
  return Surveyor(vips).survey();
}

}  // namespace keelvip::sim
