// Kernel against the real rtnetlink, in network namespaces of its own.
#include "pkg/kernel/kernel.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>

#include <doctest/doctest.h>
#include <poll.h>

#include <fmt/format.h>

#include "test/namespaces/network_namespace.h"

namespace keelvip::kernel {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

// A node with one cable, "eth0"; the other end is "peer0" in the same namespace.
class Node {
 public:
  explicit Node(const KernelSettings& settings = {}) {
    network.ip("link add eth0 type veth peer name peer0");
    network.ip("link set peer0 up");
    network.ip("link set eth0 up");
    kernel.emplace(open(settings));
  }

  [[nodiscard]] Kernel open(const KernelSettings& settings = {}) const {
    std::optional<Kernel> result;
    network.inside([&] { result.emplace(Kernel::open(settings).value()); });
    return std::move(*result);
  }

  // Reads notifications until the facts satisfy `condition`.
  bool await(const std::function<bool(const net::HostFacts&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      REQUIRE(kernel->read_notifications());
      if (condition(kernel->facts())) {
        return true;
      }
      const auto left = deadline - std::chrono::steady_clock::now();
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      pollfd readable{kernel->fd(), POLLIN, 0};
      if (wait <= 0 || ::poll(&readable, 1, static_cast<int>(wait)) == 0) {
        return false;
      }
    }
  }

  bool await_address(std::string_view prefix, bool present = true) {
    return await([&](const net::HostFacts&) { return (find(prefix) != nullptr) == present; });
  }

  [[nodiscard]] const net::Address* find(std::string_view prefix) {
    const auto& addresses = kernel->facts().addresses;
    const auto found =
        std::ranges::find(addresses, net::Prefix::parse(prefix).value(), &net::Address::prefix);
    return found == addresses.end() ? nullptr : &*found;
  }

  [[nodiscard]] net::InterfaceIndex index(std::string_view name = "eth0") {
    const net::Link* link = kernel->facts().find_link(name);
    REQUIRE(link != nullptr);
    return link->index;
  }

  net::AddressStep step(net::StepKind kind, std::string_view prefix) {
    return {kind, index(), net::Prefix::parse(prefix).value(), false};
  }

  std::vector<net::StepDone> apply(const std::vector<net::AddressStep>& steps) {
    std::vector<net::StepDone> all;
    kernel->apply(steps, [&all](std::span<const net::StepDone> done) {
      all.insert(all.end(), done.begin(), done.end());
    });
    CHECK(all.size() == steps.size());
    return all;
  }

  base::Result<void> add(std::string_view prefix) {
    return apply({step(net::StepKind::kAdd, prefix)}).at(0).outcome;
  }
  base::Result<void> remove(std::string_view prefix) {
    return apply({step(net::StepKind::kRemove, prefix)}).at(0).outcome;
  }

  test::NetworkNamespace network;
  std::optional<Kernel> kernel;
};

std::vector<net::AddressStep> many(Node& node, net::StepKind kind, net::Family family,
                                   std::size_t count) {
  std::vector<net::AddressStep> steps;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = family == net::Family::kIpv4
                                 ? fmt::format("10.1.{}.{}/32", i / 250, i % 250 + 1)
                                 : fmt::format("2001:db8::{:x}/128", i + 1);
    steps.push_back(node.step(kind, text));
  }
  return steps;
}

std::size_t failures(const std::vector<net::StepDone>& done) {
  return static_cast<std::size_t>(
      std::ranges::count_if(done, [](const net::StepDone& step) { return !step.outcome; }));
}

}  // namespace

TEST_CASE("the first reading lists links and foreign addresses") {
  Node node;
  node.network.ip("addr add 192.0.2.1/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.1/24"));

  Node& same = node;
  same.kernel.emplace(node.open());
  const net::HostFacts& facts = same.kernel->facts();
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
  CHECK(same.kernel->owner_mark() == OwnerMark::kProtocol);
}

TEST_CASE("an added address is in the facts, ours, before its step is reported") {
  Node node;
  bool seen = false;
  node.kernel->apply(std::vector{node.step(net::StepKind::kAdd, "192.0.2.10/24"),
                                 node.step(net::StepKind::kAdd, "2001:db8::10/128")},
                     [&](std::span<const net::StepDone> done) {
                       REQUIRE(done.size() == 2);
                       CHECK(done[0].outcome);
                       CHECK(done[1].outcome);
                       REQUIRE(node.find("192.0.2.10/24") != nullptr);
                       CHECK(node.find("192.0.2.10/24")->ours);
                       REQUIRE(node.find("2001:db8::10/128") != nullptr);
                       CHECK(node.find("2001:db8::10/128")->ours);
                       CHECK(node.kernel->take_changed());
                       seen = true;
                     });
  CHECK(seen);

  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.find("192.0.2.10/24") == nullptr);
  const std::string shown = node.network.output_of("ip -o addr show dev eth0");
  CHECK(shown.find("192.0.2.10/24") == std::string::npos);
  CHECK(shown.find("2001:db8::10/128") != std::string::npos);
}

TEST_CASE("an added address has no broadcast address, and a host address is no source") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("2001:db8::10/128"));
  const std::string ipv4 = node.network.output_of("ip -o -4 addr show dev eth0");
  CHECK(ipv4.find("brd") == std::string::npos);
  const std::string ipv6 = node.network.output_of("ip -o -6 addr show dev eth0 to 2001:db8::10");
  CHECK(ipv6.find("nodad") != std::string::npos);
  CHECK(ipv6.find("valid_lft forever preferred_lft 0sec") != std::string::npos);
}

TEST_CASE("an IPv6 address is usable at once although the link does duplicate detection") {
  Node node;
  REQUIRE(node.add("2001:db8::10/64"));
  REQUIRE(node.find("2001:db8::10/64") != nullptr);
  CHECK(node.find("2001:db8::10/64")->usable);

  node.network.ip("addr add 2001:db8::99/64 dev eth0");
  REQUIRE(node.await_address("2001:db8::99/64"));
  CHECK_FALSE(node.find("2001:db8::99/64")->usable);
  CHECK(node.await([&](const auto&) { return node.find("2001:db8::99/64")->usable; }));
}

TEST_CASE("an address without route brings no connected route") {
  Node node;
  net::AddressStep add = node.step(net::StepKind::kAdd, "192.0.2.10/24");
  add.without_route = true;
  CHECK(node.apply({add}).at(0).outcome);
  CHECK(node.network.output_of("ip route show dev eth0").find("192.0.2.0/24") == std::string::npos);
}

TEST_CASE("the leftovers of a killed agent are recognised and removed") {
  Node node;
  node.network.ip("addr add 192.0.2.1/24 dev eth0");
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("2001:db8::10/128"));

  node.kernel.reset();  // killed: nothing is cleaned up
  node.kernel.emplace(node.open());
  CHECK_FALSE(node.find("192.0.2.1/24")->ours);
  CHECK(node.find("192.0.2.10/24")->ours);
  CHECK(node.find("2001:db8::10/128")->ours);
  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.remove("2001:db8::10/128"));
  CHECK(node.find("192.0.2.10/24") == nullptr);
}

TEST_CASE("adding twice is a success, adding what somebody else has is an error") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  CHECK(node.add("192.0.2.10/24"));

  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  node.network.ip("addr add 2001:db8::20/64 dev eth0 nodad");
  for (const std::string_view prefix : {"192.0.2.20/24", "2001:db8::20/64"}) {
    const auto outcome = node.add(prefix);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == base::ErrorCode::kReport);
    CHECK(outcome.error().message.find(
              fmt::format("add {} to eth0: somebody else has configured {}", prefix, prefix)) == 0);
  }
}

TEST_CASE("a foreign address is never removed, a missing one counts as removed") {
  Node node;
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.20/24"));
  const auto outcome = node.remove("192.0.2.20/24");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == base::ErrorCode::kReport);
  CHECK(node.network.output_of("ip addr show dev eth0").find("192.0.2.20/24") != std::string::npos);
  CHECK(node.remove("192.0.2.99/24"));
}

TEST_CASE("an address that somebody deletes is told of and can be put back") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  (void)node.kernel->take_changed();
  node.network.ip("addr del 192.0.2.10/24 dev eth0");
  CHECK(node.await_address("192.0.2.10/24", false));
  CHECK(node.kernel->take_changed());
  CHECK(node.add("192.0.2.10/24"));
}

TEST_CASE("removing a primary leaves foreign secondaries") {
  Node node;
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/all/promote_secondaries");
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries");
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.20/24"));
  CHECK(node.find("192.0.2.20/24")->secondary);

  CHECK(node.remove("192.0.2.10/24"));
  REQUIRE(node.find("192.0.2.20/24") != nullptr);
  CHECK_FALSE(node.find("192.0.2.20/24")->secondary);
  CHECK(node.network.output_of("ip addr show dev eth0").find("192.0.2.20/24") != std::string::npos);
}

TEST_CASE("a killed agent's primary leaves foreign secondaries too") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries");
  node.kernel.emplace(node.open());
  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.find("192.0.2.20/24") != nullptr);
}

TEST_CASE("what the kernel refuses is told with number and text") {
  Node node;
  node.network.shell("echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
  const auto outcome = node.add("2001:db8::10/64");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == base::ErrorCode::kReport);
  CHECK(outcome.error().message.find("add 2001:db8::10/64 to eth0: Permission denied (EACCES): ") ==
        0);
  CHECK(outcome.error().message.find("IPv6 is disabled") != std::string::npos);

  net::AddressStep nowhere = node.step(net::StepKind::kAdd, "192.0.2.1/24");
  nowhere.interface = {4711};
  const auto absent = node.apply({nowhere}).at(0).outcome;
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == base::ErrorCode::kRetry);
  CHECK(absent.error().message.find("No such device (ENODEV)") != std::string::npos);
}

TEST_CASE("one refused step does not stop the others of its batch") {
  Node node;
  auto steps = many(node, net::StepKind::kAdd, net::Family::kIpv4, 100);
  steps[50].interface = {4711};
  const auto done = node.apply(steps);
  CHECK(failures(done) == 1);
  CHECK_FALSE(done[50].outcome);
  CHECK(node.kernel->facts().addresses.size() >= 99);
}

TEST_CASE("steps about one address happen in their order") {
  Node node;
  const auto add = node.step(net::StepKind::kAdd, "192.0.2.10/24");
  const auto removal = node.step(net::StepKind::kRemove, "192.0.2.10/24");
  CHECK(failures(node.apply({add, removal})) == 0);
  CHECK(node.find("192.0.2.10/24") == nullptr);
  CHECK(failures(node.apply({add, removal, add})) == 0);
  CHECK(node.find("192.0.2.10/24") != nullptr);
}

}  // namespace keelvip::kernel
