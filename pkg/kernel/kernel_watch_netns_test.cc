// Watching links and addresses through the real rtnetlink: what vrrp users do to interfaces.
#include <atomic>
#include <cstring>
#include <thread>

#include <doctest/doctest.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "pkg/kernel/address_message.h"
#include "pkg/kernel/kernel.h"
#include "pkg/kernel/netns_node.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::kernel {

TEST_CASE("the first reading lists links and foreign addresses") {
  Node node;
  node.network.ip("addr add 192.0.2.1/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.1/24"));

  node.kernel.emplace(node.open());
  const net::HostFacts& facts = node.kernel->facts();
  const net::Link* eth0 = facts.find_link("eth0");
  REQUIRE(eth0 != nullptr);
  CHECK(eth0->ethernet);
  CHECK(eth0->operational());
  CHECK(eth0->mtu == 1500);
  CHECK_FALSE(eth0->mac.is_zero());
  const net::Link* loopback = facts.find_link("lo");
  REQUIRE(loopback != nullptr);
  CHECK_FALSE(loopback->ethernet);
  CHECK_FALSE(node.find("192.0.2.1/24")->ours);
  CHECK(facts.resyncs == 1);
  CHECK(facts.overruns == 0);
  CHECK(node.kernel->owner_mark() == OwnerMark::kProtocol);
}

TEST_CASE("a loss of carrier keeps addresses and is counted, even when it came and went unread") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.await_operational(true));
  const std::uint32_t before = node.link().carrier_losses;

  node.network.ip("link set peer0 down");
  REQUIRE(node.await_operational(false));
  CHECK(node.link().up);
  CHECK(node.find("192.0.2.10/24") != nullptr);
  CHECK(node.link().carrier_losses == before + 1);

  node.network.ip("link set peer0 up");
  REQUIRE(node.await_operational(true));
  node.network.ip("link set peer0 down");
  test::wait_until("the loss of carrier is noticed", [&] {
    return node.network.output_of("ip -o link show eth0").find("state UP") == std::string::npos;
  });
  node.network.ip("link set peer0 up");
  CHECK(node.await([&](const auto&) {
    return node.link().operational() && node.link().carrier_losses == before + 2;
  }));
}

TEST_CASE("an administrative down keeps IPv4 addresses and loses IPv6 ones") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("2001:db8::10/128"));
  node.network.ip("link set eth0 down");
  CHECK(node.await([&](const auto&) { return !node.link().up; }));
  CHECK(node.await_address("2001:db8::10/128", false));
  CHECK(node.find("192.0.2.10/24") != nullptr);

  node.network.ip("link set eth0 up");
  REQUIRE(node.await_operational(true));
  CHECK(node.find("2001:db8::10/128") == nullptr);
  CHECK(node.add("2001:db8::10/128"));
}

TEST_CASE("an MTU below 1280 loses IPv6 addresses") {
  Node node;
  REQUIRE(node.add("2001:db8::10/128"));
  node.network.ip("link set eth0 mtu 1200");
  CHECK(node.await_address("2001:db8::10/128", false));
  CHECK(node.await([&](const auto&) { return node.link().mtu == 1200; }));
  node.network.ip("link set eth0 mtu 1500");
  CHECK(node.add("2001:db8::10/128"));
}

TEST_CASE("switching IPv6 off loses its addresses") {
  Node node;
  REQUIRE(node.add("2001:db8::10/128"));
  node.network.shell("echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
  CHECK(node.await_address("2001:db8::10/128", false));
  node.network.shell("echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
  CHECK(node.add("2001:db8::10/128"));
}

TEST_CASE("a deleted interface goes with its addresses and comes back under a new index") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  const net::InterfaceIndex before = node.index();
  node.network.ip("link del eth0");
  CHECK(node.await([](const auto& facts) { return facts.find_link("eth0") == nullptr; }));
  CHECK(node.find("192.0.2.10/24") == nullptr);

  node.network.ip("link add eth0 type veth peer name peer0");
  CHECK(node.await([](const auto& facts) { return facts.find_link("eth0") != nullptr; }));
  CHECK(node.index() != before);
  CHECK(node.add("192.0.2.10/24"));
}

TEST_CASE("an interface recreated under its old index is seen without its old addresses") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  const std::uint32_t index = node.index().value;
  node.network.ip("link del eth0");
  node.network.ip(fmt::format("link add dev eth0 index {} type veth peer name peer0", index));
  CHECK(node.await(
      [&](const auto& facts) { return facts.find_link("eth0") != nullptr && !node.link().up; }));
  CHECK(node.index().value == index);
  CHECK(node.find("192.0.2.10/24") == nullptr);
}

TEST_CASE("an interface that moves to another namespace is gone") {
  Node node;
  const test::NetworkNamespace elsewhere;
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip(fmt::format("link set eth0 netns {}", elsewhere.path()));
  CHECK(node.await([](const auto& facts) { return facts.find_link("eth0") == nullptr; }));
  CHECK(node.find("192.0.2.10/24") == nullptr);
}

TEST_CASE("a renamed interface keeps its index and addresses") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  const net::InterfaceIndex before = node.index();
  node.network.ip("link set eth0 name lan0");
  CHECK(node.await([](const auto& facts) { return facts.find_link("lan0") != nullptr; }));
  CHECK(node.kernel->facts().find_link("eth0") == nullptr);
  CHECK(node.index("lan0") == before);
  CHECK(node.find("192.0.2.10/24") != nullptr);
}

TEST_CASE("a port that leaves a bridge is still an interface") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("link add br0 type bridge");
  node.network.ip("link set eth0 master br0");
  node.network.ip("link set eth0 nomaster");
  node.network.ip("link set eth0 mtu 1400");  // told after all of that
  CHECK(node.await([](const auto& facts) {
    const net::Link* link = facts.find_link("eth0");
    return link != nullptr && link->mtu == 1400;
  }));
  CHECK(node.find("192.0.2.10/24") != nullptr);
}

TEST_CASE("a macvlan whose parent is down has no carrier and keeps its IPv4 addresses") {
  Node node;
  node.network.ip("link add link eth0 name vip0 type macvlan mode bridge");
  node.network.ip("link set vip0 up");
  node.network.ip("addr add 192.0.2.10/24 dev vip0");
  REQUIRE(node.await([](const auto& facts) {
    const net::Link* link = facts.find_link("vip0");
    return link != nullptr && link->operational() && link->ethernet;
  }));
  node.network.ip("link set eth0 down");
  CHECK(node.await([](const auto& facts) { return !facts.find_link("vip0")->operational(); }));
  CHECK(node.find("192.0.2.10/24") != nullptr);
}

TEST_CASE("a point-to-point address does not hide another with the same local end") {
  Node node;
  node.network.ip("addr add 192.0.2.1 peer 192.0.2.8/32 dev eth0");
  node.network.ip("addr add 192.0.2.1 peer 192.0.2.9/32 dev eth0");
  REQUIRE(node.await([](const net::HostFacts& facts) {
    return std::ranges::count(facts.addresses, "192.0.2.1/32", [](const net::Address& address) {
             return address.prefix.to_string();
           }) == 2;
  }));
  node.network.ip("addr del 192.0.2.1 peer 192.0.2.8/32 dev eth0");
  node.network.ip("addr add 192.0.2.77/32 dev eth0");
  REQUIRE(node.await_address("192.0.2.77/32"));
  CHECK(node.find("192.0.2.1/32") != nullptr);
}

TEST_CASE("after an overrun everything is read again and nothing is stale") {
  Node node({.notification_buffer = 4096});
  Kernel other = node.open();
  const Kernel::Progress ignore{.answered = [](std::span<const net::StepDone>) {}};
  other.apply(many(node, net::StepKind::kAdd, net::Family::kIpv4, 10'000), ignore);
  const auto leftover = many(node, net::StepKind::kRemove, net::Family::kIpv4, 9'990);
  other.apply(leftover, ignore);

  CHECK(node.await([](const net::HostFacts& facts) { return facts.overruns > 0; }));
  const net::HostFacts& facts = node.kernel->facts();
  CHECK(facts.resyncs > 1);
  std::vector<net::Link> links = facts.links;
  for (net::Link& link : links) {
    CHECK(std::exchange(link.ipv4_losses, 0) > 0);  // who knows what was not heard
    CHECK(std::exchange(link.ipv6_losses, 0) > 0);
  }
  CHECK(links == other.facts().links);
  CHECK(facts.addresses == other.facts().addresses);
  CHECK(std::ranges::count_if(facts.addresses, &net::Address::ours) == 10);

  // And it goes on listening.
  node.network.ip("addr add 192.0.2.77/32 dev eth0");
  CHECK(node.await_address("192.0.2.77/32"));
}

TEST_CASE("ten thousand notifications fit the usual buffer") {
  Node node;
  Kernel other = node.open();
  const Kernel::Progress ignore{.answered = [](std::span<const net::StepDone>) {}};
  other.apply(many(node, net::StepKind::kAdd, net::Family::kIpv4, 5'000), ignore);
  other.apply(many(node, net::StepKind::kRemove, net::Family::kIpv4, 5'000), ignore);
  REQUIRE(node.kernel->read_notifications());
  CHECK(node.kernel->facts().overruns == 0);
  CHECK(node.kernel->facts().addresses == other.facts().addresses);
}

TEST_CASE("readings amid a storm of changes end in the truth") {
  Node node;
  Kernel other = node.open();
  const auto adds = many(node, net::StepKind::kAdd, net::Family::kIpv4, 300);
  const auto removals = many(node, net::StepKind::kRemove, net::Family::kIpv4, 250);
  std::atomic<bool> storm = true;
  std::thread writer([&] {
    for (int round = 0; round < 20; ++round) {
      other.apply(adds, {.answered = [](std::span<const net::StepDone>) {}});
      other.apply(removals, {.answered = [](std::span<const net::StepDone>) {}});
    }
    storm = false;
  });
  std::uint64_t interrupted = 0;
  while (storm) {
    interrupted += node.kernel->resync() ? 0U : 1U;
  }
  writer.join();
  MESSAGE(fmt::format("{} readings, {} given up because of changes", node.kernel->facts().resyncs,
                      interrupted));
  REQUIRE(node.kernel->read_notifications());
  CHECK(node.kernel->facts().addresses == node.open().facts().addresses);
  CHECK(std::ranges::count_if(node.kernel->facts().addresses, &net::Address::ours) == 50);
}

TEST_CASE("a message that is not from the kernel is not believed") {
  Node node;
  sockaddr_nl target{};
  socklen_t size = sizeof(target);
  void* address = &target;
  REQUIRE(::getsockname(node.kernel->fd(), static_cast<sockaddr*>(address), &size) == 0);
  std::vector<std::byte> forged;
  append_request(forged, node.step(net::StepKind::kAdd, "192.0.2.66/24"), OwnerMark::kProtocol, "",
                 0);
  runtime::UniqueFd liar;
  node.network.inside(
      [&] { liar.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)); });
  REQUIRE(::sendto(liar.get(), forged.data(), forged.size(), 0,
                   static_cast<const sockaddr*>(address), sizeof(target)) > 0);

  node.network.ip("addr add 192.0.2.77/32 dev eth0");
  CHECK(node.await_address("192.0.2.77/32"));
  CHECK(node.find("192.0.2.66/24") == nullptr);
}

}  // namespace keelvip::kernel
