#include "pkg/kernel/address_message.h"

#include <chrono>
#include <cstring>
#include <limits>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "pkg/kernel/attributes.h"
#include "pkg/kernel/request.h"

namespace keelvip::kernel {

namespace {

std::optional<net::Family> family_of(std::uint8_t number) {
  switch (number) {
    case AF_INET:
      return net::Family::kIpv4;
    case AF_INET6:
      return net::Family::kIpv6;
    default:
      return std::nullopt;
  }
}

std::optional<net::IpAddress> read_address(const Attributes& attributes, int attribute,
                                           net::Family family) {
  const auto bytes = attributes.bytes(attribute);
  const std::size_t size = family == net::Family::kIpv4 ? 4 : 16;
  if (!bytes || bytes->size() < size) {
    return std::nullopt;
  }
  return net::IpAddress::from_bytes(family, bytes->first(size));
}

bool is_ipv6_host(const net::Prefix& prefix) {
  return prefix.address.family() == net::Family::kIpv6 && prefix.length == 128;
}

std::uint32_t flags_for(const net::AddressStep& step) {
  std::uint32_t flags = 0;
  if (step.prefix.address.family() == net::Family::kIpv6) {
    // The address may still be on the node that died silently: duplicate detection would leave
    // it "dadfailed" for good.
    flags |= IFA_F_NODAD;
  }
  // The connected route of a host address leads nowhere but to the address itself, which the local
  // table has; without it, 1,000 addresses are removed in half the time.
  if (step.without_route || is_ipv6_host(step.prefix)) {
    flags |= IFA_F_NOPREFIXROUTE;
  }
  return flags;
}

ifa_cacheinfo lifetimes_of(const net::AddressStep& step) {
  constexpr std::uint32_t kForEver = std::numeric_limits<std::uint32_t>::max();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(step.lifetime).count();
  ifa_cacheinfo lifetimes{};
  lifetimes.ifa_valid = seconds == 0 ? kForEver : static_cast<std::uint32_t>(seconds);
  // Preferred lifetime 0: the node never chooses a VIP as the source of its own connections
  // (RFC 6724 rule 3). With a shorter prefix people expect an ordinary address.
  lifetimes.ifa_prefered = is_ipv6_host(step.prefix) ? 0 : lifetimes.ifa_valid;
  return lifetimes;
}

void put_attributes(Request& request, const net::AddressStep& step, OwnerMark mark,
                    std::string_view interface_name) {
  if (mark == OwnerMark::kProtocol) {
    request.put_u8(IFA_PROTO, kOwnerProtocol);
  } else if (step.prefix.address.family() == net::Family::kIpv4) {
    if (const std::string label = owner_label(interface_name); !label.empty()) {
      request.put_text(IFA_LABEL, label);
    }
  }
  const std::uint32_t flags = flags_for(step);
  if (flags != 0) {
    request.put_u32(IFA_FLAGS, flags);
  }
  if (is_ipv6_host(step.prefix) || step.lifetime != base::Duration::zero() ||
      step.kind == net::StepKind::kRenew) {
    const ifa_cacheinfo lifetimes = lifetimes_of(step);
    request.put_bytes(IFA_CACHEINFO, std::as_bytes(std::span(&lifetimes, 1)));
  }
}

std::uint16_t flags_of(net::StepKind kind) {
  switch (kind) {
    case net::StepKind::kAdd:
      return NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    case net::StepKind::kRenew:
      return NLM_F_ACK | NLM_F_REPLACE;
    case net::StepKind::kRemove:
      break;
  }
  return NLM_F_ACK;
}

}  // namespace

void append_request(std::vector<std::byte>& out, const net::AddressStep& step, OwnerMark mark,
                    std::string_view interface_name, std::uint32_t sequence) {
  const bool remove = step.kind == net::StepKind::kRemove;
  Request request(remove ? RTM_DELADDR : RTM_NEWADDR, flags_of(step.kind), sequence);

  ifaddrmsg header{};
  header.ifa_family = step.prefix.address.family() == net::Family::kIpv4 ? AF_INET : AF_INET6;
  header.ifa_prefixlen = step.prefix.length;
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = step.interface.value;
  request.put_header(header);

  // Both, because on removal IPv4 compares IFA_ADDRESS only when it is given: without it an
  // address with another prefix length would go.
  const auto address = std::as_bytes(step.prefix.address.bytes());
  request.put_bytes(IFA_LOCAL, address);
  request.put_bytes(IFA_ADDRESS, address);
  if (!remove) {
    put_attributes(request, step, mark, interface_name);
  }
  request.append_to(out);
}

AddressKey key_of(const net::AddressStep& step) {
  return {step.interface, step.prefix, step.prefix.address};
}

std::optional<AddressMessage> parse_address(std::span<const std::byte> message) {
  constexpr std::size_t kHeaders = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifaddrmsg));
  if (message.size() < kHeaders) {
    return std::nullopt;
  }
  ifaddrmsg header{};
  std::memcpy(&header, message.data() + NLMSG_HDRLEN, sizeof(header));
  const auto family = family_of(header.ifa_family);
  const auto attributes = Attributes::parse(message.subspan(kHeaders));
  if (!family || !attributes) {
    return std::nullopt;
  }

  // IPv6 gives IFA_LOCAL only for point-to-point addresses.
  const auto peer = read_address(*attributes, IFA_ADDRESS, *family);
  const auto local = read_address(*attributes, IFA_LOCAL, *family);
  if ((!peer && !local) || header.ifa_prefixlen > (local ? local : peer)->bits()) {
    return std::nullopt;
  }

  AddressMessage result;
  result.key.interface = {header.ifa_index};
  result.key.prefix = {local ? *local : *peer, header.ifa_prefixlen};
  result.key.peer = peer ? *peer : *local;
  const std::uint32_t flags = attributes->u32(IFA_FLAGS).value_or(header.ifa_flags);
  const bool tentative = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;
  result.record.protocol = attributes->u8(IFA_PROTO).value_or(0);
  result.record.usable = !tentative && (flags & IFA_F_DADFAILED) == 0;
  // In IPv6 the same bit says "temporary".
  result.record.secondary = *family == net::Family::kIpv4 && (flags & IFA_F_SECONDARY) != 0;
  const std::string_view label = attributes->text(IFA_LABEL).value_or("");
  result.record.label_of_ours =
      !label.empty() && label == owner_label(label.substr(0, label.find(':')));
  return result;
}

}  // namespace keelvip::kernel
