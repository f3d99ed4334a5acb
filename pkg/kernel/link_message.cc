#include "pkg/kernel/link_message.h"

#include <algorithm>
#include <cstring>

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "pkg/kernel/attributes.h"
#include "pkg/kernel/request.h"

namespace keelvip::kernel {

namespace {

std::optional<net::MacAddress> read_mac(const Attributes& attributes) {
  const auto bytes = attributes.bytes(IFLA_ADDRESS);
  net::MacAddress mac;
  if (!bytes) {
    return std::nullopt;
  }
  if (bytes->size() == mac.bytes.size()) {
    std::memcpy(mac.bytes.data(), bytes->data(), bytes->size());
  }
  return mac;
}

// IFLA_AF_SPEC / AF_INET / IFLA_INET_CONF is an array of all IPv4 settings of the device, the
// first one being number 1.
std::optional<bool> read_promotes_secondaries(const Attributes& attributes) {
  const auto families = attributes.nested(IFLA_AF_SPEC);
  const auto inet = families ? families->nested(AF_INET) : std::nullopt;
  const auto settings = inet ? inet->bytes(IFLA_INET_CONF) : std::nullopt;
  constexpr std::size_t kOffset = (IPV4_DEVCONF_PROMOTE_SECONDARIES - 1) * sizeof(std::uint32_t);
  if (!settings || settings->size() < kOffset + sizeof(std::uint32_t)) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  std::memcpy(&value, settings->data() + kOffset, sizeof(value));
  return value != 0;
}

}  // namespace

void LinkMessage::write_to(LinkRecord& record) const {
  net::Link& link = record.link;
  link.index = index;
  link.ethernet = ethernet;
  link.up = up;
  link.running = running;
  link.name = name.value_or(link.name);
  link.mac = mac.value_or(link.mac);
  link.mtu = mtu.value_or(link.mtu);
  link.carrier_losses = carrier_losses.value_or(link.carrier_losses);
  record.promotes_secondaries = promotes_secondaries.value_or(record.promotes_secondaries);
}

std::optional<LinkMessage> parse_link(std::span<const std::byte> message) {
  constexpr std::size_t kHeaders = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfomsg));
  if (message.size() < kHeaders) {
    return std::nullopt;
  }
  ifinfomsg header{};
  std::memcpy(&header, message.data() + NLMSG_HDRLEN, sizeof(header));
  const auto attributes = Attributes::parse(message.subspan(kHeaders));
  if (header.ifi_family != AF_UNSPEC || header.ifi_index <= 0 || !attributes) {
    return std::nullopt;
  }

  LinkMessage link;
  link.index = {static_cast<std::uint32_t>(header.ifi_index)};
  link.ethernet = header.ifi_type == ARPHRD_ETHER;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.running = (header.ifi_flags & IFF_LOWER_UP) != 0;
  link.name = attributes->text(IFLA_IFNAME);
  link.mac = read_mac(*attributes);
  link.mtu = attributes->u32(IFLA_MTU);
  link.carrier_losses = attributes->u32(IFLA_CARRIER_DOWN_COUNT);
  link.promotes_secondaries = read_promotes_secondaries(*attributes);
  return link;
}

void append_promote_request(std::vector<std::byte>& out, net::InterfaceIndex interface,
                            std::uint32_t sequence) {
  Request request(RTM_SETLINK, NLM_F_ACK, sequence);
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = static_cast<int>(interface.value);
  request.put_header(header);
  request.begin_nest(IFLA_AF_SPEC);
  request.begin_nest(AF_INET);
  request.begin_nest(IFLA_INET_CONF);
  request.put_u32(IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
  request.end_nest();
  request.end_nest();
  request.end_nest();
  request.append_to(out);
}

}  // namespace keelvip::kernel
