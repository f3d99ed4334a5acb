#include "pkg/sim/layout.h"

#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::sim {
namespace {

api::VirtualIp vip(const char* name, std::initializer_list<const char*> addresses,
                   const char* interface = "") {
  api::VirtualIp vip;
  vip.metadata.name = name;
  vip.spec.interface = interface;
  for (const char* address : addresses) {
    vip.spec.addresses.push_back(*net::Prefix::parse(address));
  }
  return vip;
}

std::vector<std::string> addresses_of(const Layout& layout, std::size_t host, std::size_t port) {
  std::vector<std::string> texts;
  for (const net::Prefix& address : layout.hosts[host].ports[port].addresses) {
    texts.push_back(address.to_string());
  }
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("nodes that no document names are made up, and their addresses leave room for VIPs") {
  const std::vector vips{vip("web", {"192.0.2.1/24"}, "eth0"), vip("db", {"192.0.2.3/32"})};
  const Layout layout = lay_out(vips);
  CHECK(layout.made_up_hosts);
  REQUIRE(layout.hosts.size() == 2);
  CHECK(layout.hosts[0].name == "node-1");
  // The subnet tells where the VIP without an interface belongs.
  CHECK(layout.lan_of == std::vector<std::size_t>{0, 0});
  CHECK(layout.lans[0].interface == "eth0");
  CHECK(addresses_of(layout, 0, 0) == Texts{"192.0.2.2/24"});
  CHECK(addresses_of(layout, 1, 0) == Texts{"192.0.2.4/24"});
}

TEST_CASE("a host has the interfaces of the VIPs that it may hold, and no others") {
  std::vector vips{vip("web", {"192.0.2.9/24"}, "eth0"), vip("db", {"198.51.100.9/24"}, "eth1")};
  vips[0].spec.nodes = {{"lb-2", 100}, {"lb-1", 50}};
  vips[1].spec.nodes = {{"lb-2", 100}};
  const Layout layout = lay_out(vips);
  CHECK_FALSE(layout.made_up_hosts);
  CHECK(layout.holders == std::vector<std::vector<std::size_t>>{{0, 1}, {1}});
  CHECK(layout.hosts[0].ports.size() == 1);
  CHECK(layout.hosts[1].ports.size() == 2);
  CHECK(layout.hosts[1].port_on(1) != nullptr);
  CHECK(layout.hosts[0].port_on(1) == nullptr);
}

TEST_CASE("where IPv6 is spoken everybody has a link-local address") {
  const std::vector vips{vip("web", {"fe80::1/64", "2001:db8::1/64"}, "eth0"),
                         vip("db", {"2001:db8:1::9/128"})};
  const Layout layout = lay_out(vips);
  CHECK(addresses_of(layout, 0, 0) == Texts{"fe80::2/64", "2001:db8::2/64"});
  REQUIRE(layout.lans.size() == 2);
  CHECK(layout.lans[1].made_up);
  CHECK(addresses_of(layout, 0, 1) == Texts{"2001:db8:1::1/64", "fe80::3/64"});
}

TEST_CASE("the first node with priority 255 owns the addresses") {
  std::vector vips{vip("web", {"192.0.2.9/24"}, "eth0")};
  vips[0].spec.nodes = {{"lb-1", 100}, {"lb-2", 255}};
  const Layout layout = lay_out(vips);
  CHECK(addresses_of(layout, 0, 0) == Texts{"192.0.2.1/24"});
  CHECK(addresses_of(layout, 1, 0) == Texts{"192.0.2.2/24", "192.0.2.9/24"});
}

TEST_CASE("VIPs that fill their subnet push the hosts into a wider one") {
  std::vector<api::VirtualIp> vips;
  for (int host = 1; host < 255; ++host) {
    vips.push_back(vip("web", {}, "eth0"));
    vips.back().spec.addresses.push_back(
        {net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(host)}), 24});
  }
  const Layout layout = lay_out(vips);
  CHECK(addresses_of(layout, 0, 0) == Texts{"192.0.2.255/23"});
  CHECK(addresses_of(layout, 1, 0) == Texts{"192.0.3.0/23"});
}

}  // namespace keelvip::sim
