#include "pkg/kernel/address_message.h"

#include <cstring>

#include <doctest/doctest.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "pkg/kernel/attributes.h"
#include "pkg/kernel/request.h"

namespace keelvip::kernel {
namespace {

constexpr net::InterfaceIndex kInterface{7};

net::AddressStep step(net::StepKind kind, std::string_view prefix) {
  return {kind, kInterface, net::Prefix::parse(prefix).value(), false};
}

std::vector<std::byte> request_for(const net::AddressStep& step,
                                   OwnerMark mark = OwnerMark::kProtocol) {
  std::vector<std::byte> bytes;
  append_request(bytes, step, mark, "eth0", 42);
  return bytes;
}

nlmsghdr header_of(std::span<const std::byte> message) {
  nlmsghdr header{};
  std::memcpy(&header, message.data(), sizeof(header));
  return header;
}

// The attributes are views: the message must outlive them.
Attributes attributes_of(const std::vector<std::byte>& message) {
  return Attributes::parse(std::span(message).subspan(NLMSG_HDRLEN + sizeof(ifaddrmsg))).value();
}
Attributes attributes_of(std::vector<std::byte>&& message) = delete;

// A notification has the form of the request that sets the address.
std::vector<std::byte> notification(int family_length, std::string_view local,
                                    std::string_view peer, std::uint32_t flags) {
  Request request(RTM_NEWADDR, 0, 0);
  const auto address = net::IpAddress::parse(local).value();
  ifaddrmsg header{};
  header.ifa_family = address.family() == net::Family::kIpv4 ? 2 : 10;
  header.ifa_prefixlen = static_cast<std::uint8_t>(family_length);
  header.ifa_index = kInterface.value;
  request.put_header(header);
  request.put_bytes(IFA_ADDRESS, std::as_bytes(net::IpAddress::parse(peer).value().bytes()));
  request.put_bytes(IFA_LOCAL, std::as_bytes(address.bytes()));
  request.put_u32(IFA_FLAGS, flags);
  std::vector<std::byte> bytes;
  request.append_to(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("an addition is exclusive, acknowledged and marked as ours") {
  const auto bytes = request_for(step(net::StepKind::kAdd, "192.0.2.10/24"));

  const nlmsghdr header = header_of(bytes);
  CHECK(header.nlmsg_len == bytes.size());
  CHECK(header.nlmsg_type == RTM_NEWADDR);
  CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL));
  CHECK(header.nlmsg_seq == 42);
  const auto message = parse_address(bytes);
  REQUIRE(message);
  CHECK(message->key == key_of(step(net::StepKind::kAdd, "192.0.2.10/24")));
  CHECK(message->record == AddressRecord{.protocol = kOwnerProtocol});
  CHECK_FALSE(attributes_of(bytes).bytes(IFA_BROADCAST));
  CHECK_FALSE(attributes_of(bytes).bytes(IFA_LABEL));
}

TEST_CASE("a removal names the prefix length and nothing that the kernel could refuse") {
  const auto bytes = request_for(step(net::StepKind::kRemove, "2001:db8::10/64"));

  CHECK(header_of(bytes).nlmsg_type == RTM_DELADDR);
  CHECK(header_of(bytes).nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
  CHECK(parse_address(bytes)->key == key_of(step(net::StepKind::kRemove, "2001:db8::10/64")));
  CHECK_FALSE(attributes_of(bytes).bytes(IFA_PROTO));
  CHECK_FALSE(attributes_of(bytes).bytes(IFA_CACHEINFO));
}

TEST_CASE("an IPv6 host address skips duplicate detection, has no route and is never a source") {
  const auto request = request_for(step(net::StepKind::kAdd, "2001:db8::10/128"));
  const Attributes attributes = attributes_of(request);

  CHECK(attributes.u32(IFA_FLAGS) == (IFA_F_NODAD | IFA_F_NOPREFIXROUTE));
  const auto bytes = attributes.bytes(IFA_CACHEINFO);
  REQUIRE(bytes);
  ifa_cacheinfo lifetimes{};
  REQUIRE(bytes->size() == sizeof(lifetimes));
  std::memcpy(&lifetimes, bytes->data(), sizeof(lifetimes));
  CHECK(lifetimes.ifa_prefered == 0);
  CHECK(lifetimes.ifa_valid == 0xffffffffU);
}

TEST_CASE(
    "a lent address says for how long, to the second; a renewal replaces, and makes nothing") {
  net::AddressStep lend = step(net::StepKind::kAdd, "192.0.2.10/24");
  lend.lifetime = std::chrono::seconds(2);
  const auto lifetimes_in = [](const std::vector<std::byte>& request) {
    const auto bytes = attributes_of(request).bytes(IFA_CACHEINFO);
    REQUIRE(bytes);
    ifa_cacheinfo lifetimes{};
    REQUIRE(bytes->size() == sizeof(lifetimes));
    std::memcpy(&lifetimes, bytes->data(), sizeof(lifetimes));
    return std::pair(lifetimes.ifa_valid, lifetimes.ifa_prefered);
  };
  CHECK(lifetimes_in(request_for(lend)) == std::pair(2U, 2U));

  lend.kind = net::StepKind::kRenew;
  const auto renewal = request_for(lend);
  CHECK(header_of(renewal).nlmsg_type == RTM_NEWADDR);
  CHECK(header_of(renewal).nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE));
  CHECK(attributes_of(renewal).u8(IFA_PROTO) == kOwnerProtocol);
  CHECK(lifetimes_in(renewal) == std::pair(2U, 2U));

  lend.lifetime = {};
  CHECK(lifetimes_in(request_for(lend)) == std::pair(0xffffffffU, 0xffffffffU));

  net::AddressStep host = step(net::StepKind::kAdd, "2001:db8::10/128");
  host.lifetime = std::chrono::seconds(2);
  CHECK(lifetimes_in(request_for(host)) == std::pair(2U, 0U));
}

TEST_CASE("an IPv6 address with a network is an ordinary one") {
  const auto request = request_for(step(net::StepKind::kAdd, "2001:db8::10/64"));
  const Attributes attributes = attributes_of(request);
  CHECK(attributes.u32(IFA_FLAGS) == IFA_F_NODAD);
  CHECK_FALSE(attributes.bytes(IFA_CACHEINFO));
}

TEST_CASE("an addition without route says so") {
  net::AddressStep add = step(net::StepKind::kAdd, "192.0.2.10/24");
  add.without_route = true;
  const auto request = request_for(add);
  CHECK(attributes_of(request).u32(IFA_FLAGS) == IFA_F_NOPREFIXROUTE);
}

TEST_CASE("on an old kernel an IPv4 address is marked by its label") {
  const auto ipv4 = request_for(step(net::StepKind::kAdd, "192.0.2.10/24"), OwnerMark::kLabel);
  CHECK(attributes_of(ipv4).text(IFA_LABEL) == "eth0:kv");
  CHECK_FALSE(attributes_of(ipv4).bytes(IFA_PROTO));
  CHECK(parse_address(ipv4)->record.label_of_ours);

  const auto ipv6 = request_for(step(net::StepKind::kAdd, "2001:db8::10/64"), OwnerMark::kLabel);
  CHECK_FALSE(attributes_of(ipv6).bytes(IFA_LABEL));
}

TEST_CASE("requests follow each other in one buffer") {
  std::vector<std::byte> bytes;
  append_request(bytes, step(net::StepKind::kAdd, "192.0.2.10/24"), OwnerMark::kProtocol, "", 1);
  const std::size_t first = bytes.size();
  append_request(bytes, step(net::StepKind::kAdd, "192.0.2.11/24"), OwnerMark::kProtocol, "", 2);
  CHECK(first % NLMSG_ALIGNTO == 0);
  CHECK(header_of(std::span(bytes).subspan(first)).nlmsg_seq == 2);
}

TEST_CASE("an address in duplicate detection is not usable") {
  const auto usable = [](std::uint32_t flags) {
    return parse_address(notification(64, "2001:db8::1", "2001:db8::1", flags))->record.usable;
  };
  CHECK(usable(IFA_F_PERMANENT));
  CHECK_FALSE(usable(IFA_F_TENTATIVE));
  CHECK_FALSE(usable(IFA_F_PERMANENT | IFA_F_DADFAILED));
  CHECK(usable(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC));
}

TEST_CASE("a secondary is an IPv4 thing; the same bit means temporary in IPv6") {
  const auto secondary = [](std::string_view address) {
    return parse_address(notification(24, address, address, IFA_F_SECONDARY))->record.secondary;
  };
  CHECK(secondary("192.0.2.1"));
  CHECK_FALSE(secondary("2001:db8::1"));
}

TEST_CASE("a point-to-point address is known by its local end and its peer") {
  const auto message = parse_address(notification(32, "192.0.2.1", "192.0.2.9", 0));
  REQUIRE(message);
  CHECK(message->key.prefix.to_string() == "192.0.2.1/32");
  CHECK(message->key.peer.to_string() == "192.0.2.9");
}

TEST_CASE("malformed addresses are refused") {
  const auto good = notification(24, "192.0.2.1", "192.0.2.1", 0);
  for (std::size_t size = 0; size < sizeof(nlmsghdr) + sizeof(ifaddrmsg) + sizeof(nlattr) + 4;
       ++size) {
    CHECK_FALSE(parse_address(std::span(good).first(size)));
  }
  CHECK_FALSE(parse_address(notification(33, "192.0.2.1", "192.0.2.1", 0)));
}

}  // namespace keelvip::kernel
