#include "pkg/kernel/link_message.h"

#include <array>

#include <doctest/doctest.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "pkg/kernel/request.h"

namespace keelvip::kernel {
namespace {

struct LinkFixture {
  std::uint8_t family = AF_UNSPEC;
  std::uint16_t hardware = ARPHRD_ETHER;
  unsigned flags = IFF_UP | IFF_LOWER_UP;
  bool attributes = true;
  std::uint32_t promotes = 1;

  [[nodiscard]] std::vector<std::byte> bytes() const {
    Request request(RTM_NEWLINK, 0, 0);
    ifinfomsg header{};
    header.ifi_family = family;
    header.ifi_type = hardware;
    header.ifi_index = 7;
    header.ifi_flags = flags;
    request.put_header(header);
    if (attributes) {
      put_attributes(request);
    }
    std::vector<std::byte> bytes;
    request.append_to(bytes);
    return bytes;
  }

  void put_attributes(Request& request) const {
    const std::array<std::uint8_t, 6> mac{2, 0, 0, 0, 0, 1};
    request.put_text(IFLA_IFNAME, "eth0");
    request.put_bytes(IFLA_ADDRESS, std::as_bytes(std::span(mac)));
    request.put_u32(IFLA_MTU, 1500);
    request.put_u32(IFLA_CARRIER_DOWN_COUNT, 3);
    std::array<std::uint32_t, IPV4_DEVCONF_PROMOTE_SECONDARIES + 4> settings{};
    settings[IPV4_DEVCONF_PROMOTE_SECONDARIES - 1] = promotes;
    request.begin_nest(IFLA_AF_SPEC);
    request.begin_nest(AF_INET);
    request.put_bytes(IFLA_INET_CONF, std::as_bytes(std::span(settings)));
    request.end_nest();
    request.end_nest();
  }
};

LinkRecord record_of(const LinkFixture& fixture, LinkRecord record = {}) {
  const auto message = parse_link(fixture.bytes());
  REQUIRE(message);
  message->write_to(record);
  return record;
}

}  // namespace

TEST_CASE("a link message tells everything about the link") {
  const net::Link link{.index = {7},
                       .name = "eth0",
                       .mac = net::MacAddress::parse("02:00:00:00:00:01").value(),
                       .mtu = 1500,
                       .ethernet = true,
                       .up = true,
                       .running = true,
                       .carrier_losses = 3};
  CHECK(record_of({}) == LinkRecord{link, true});
  CHECK_FALSE(record_of({.promotes = 0}).promotes_secondaries);
}

TEST_CASE("a link without carrier is up but not operational") {
  const LinkRecord record = record_of({.flags = IFF_UP});
  CHECK(record.link.up);
  CHECK_FALSE(record.link.operational());
}

TEST_CASE("a message without attributes leaves what it does not tell") {
  const LinkRecord before = record_of({});
  const LinkRecord after = record_of({.flags = IFF_UP, .attributes = false}, before);
  CHECK(after.link.name == "eth0");
  CHECK(after.link.mtu == 1500);
  CHECK(after.promotes_secondaries);
  CHECK_FALSE(after.link.running);
}

TEST_CASE("the loopback is not Ethernet") {
  CHECK_FALSE(record_of({.hardware = ARPHRD_LOOPBACK}).link.ethernet);
}

TEST_CASE("what a bridge says about its ports is not about the device") {
  CHECK_FALSE(parse_link(LinkFixture{.family = AF_BRIDGE}.bytes()));
}

TEST_CASE("a cut link message is refused") {
  const auto bytes = LinkFixture{}.bytes();
  CHECK_FALSE(parse_link(std::span(bytes).first(NLMSG_HDRLEN + sizeof(ifinfomsg) - 1)));
}

}  // namespace keelvip::kernel
