// The last gasp on real interfaces, in a network namespace of its own.
#include <net/if.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "pkg/guard/last_gasp.h"
#include "pkg/runtime/clock.h"
#include "test/namespaces/network_namespace.h"

namespace keelvip::guard {

namespace {

/// A node with one cable, "eth0"; the other end is "peer0" in the same namespace.
struct Node {
  test::NetworkNamespace network;
  net::InterfaceIndex eth0;
  std::optional<LastGasp> gasp;
  std::optional<Testament> testament;

  Node() {
    network.ip("link add eth0 type veth peer name peer0");
    network.ip("link set peer0 up");
    network.ip("link set eth0 up");
    network.inside([&] {
      eth0.value = ::if_nametoindex("eth0");
      gasp.emplace(LastGasp::open());
    });
    auto created = Testament::create();
    REQUIRE(created);
    testament.emplace(std::move(*created));
  }

  [[nodiscard]] Deeds perform() {
    Deeds deeds;
    gasp->say_last_words(*testament, deeds);
    gasp->remove_addresses(*testament, deeds);
    return deeds;
  }
  [[nodiscard]] net::AddressStep removal(std::string_view prefix) const {
    return {net::StepKind::kRemove, eth0, *net::Prefix::parse(prefix)};
  }
  [[nodiscard]] std::string addresses() const {
    return network.output_of("ip -o address show dev eth0");
  }
  [[nodiscard]] bool holds(std::string_view text) const {
    return addresses().find(text) != std::string::npos;
  }
  /// Packets that came out of the other end.
  [[nodiscard]] int received() const {
    return std::stoi(
        network.output_of("ip -s link show dev peer0 | awk '/RX:/ {getline; print $2}'"));
  }
};

}  // namespace

TEST_CASE("addresses of the testament go, exactly those, and the words are sent") {
  Node node;
  node.network.ip("address add 192.0.2.9/24 dev eth0");
  node.network.ip("address add 192.0.2.10/32 dev eth0");
  node.network.ip("address add 192.0.2.10/25 dev eth0");
  node.network.ip("address add 2001:db8::10/64 dev eth0 nodad");
  node.network.ip("address add 2001:db8::11/128 dev eth0 nodad");
  node.testament->write_removals(
      std::vector{node.removal("192.0.2.10/32"), node.removal("2001:db8::10/64")});
  net::FrameBatch words;
  for (int i = 0; i < 70; ++i) {
    auto frame = words.append(i == 5 ? net::InterfaceIndex{9999} : node.eth0, 60);
    frame[0] = std::byte{0x01};  // to a group
    frame[12] = std::byte{0x08};
  }
  node.testament->write_last_words(words);

  const int before = node.received();
  const Deeds deeds = node.perform();
  CHECK(deeds.resigned == 69);
  CHECK(deeds.unsent == 1);  // its interface is gone, which does not stop the others
  CHECK(deeds.removed == 2);
  CHECK(deeds.unremoved == 0);
  CHECK_FALSE(node.holds("192.0.2.10/32"));
  CHECK_FALSE(node.holds("2001:db8::10/64"));
  CHECK(node.holds("192.0.2.9/24"));
  CHECK(node.holds("192.0.2.10/25"));
  CHECK(node.holds("2001:db8::11/128"));
  CHECK(node.received() >= before + 69);
}

TEST_CASE("addresses that went by themselves, or with their interface, are no failure") {
  Node node;
  net::AddressStep elsewhere = node.removal("192.0.2.10/32");
  elsewhere.interface = {9999};
  node.testament->write_removals(std::vector{node.removal("192.0.2.10/32"), elsewhere});
  const Deeds deeds = node.perform();
  CHECK(deeds.removed == 2);
  CHECK(deeds.unremoved == 0);
}

TEST_CASE("a thousand addresses are gone in the time of a skew") {
  Node node;
  std::vector<net::AddressStep> steps;
  std::string batch;
  for (int i = 0; i < 1000; ++i) {
    const std::string prefix = fmt::format("10.1.{}.{}/32", i / 250, i % 250 + 1);
    batch += fmt::format("address add {} dev eth0\n", prefix);
    steps.push_back(node.removal(prefix));
  }
  node.network.ip_batch(batch);
  node.testament->write_removals(steps);
  const base::Instant start = runtime::monotonic_now();
  const Deeds deeds = node.perform();
  const base::Duration took = runtime::monotonic_now() - start;
  MESSAGE("1,000 addresses in " << took.count() / 1000 << " us");
  CHECK(deeds.removed == 1000);
  CHECK_FALSE(node.holds("10.1."));
  CHECK(took < std::chrono::milliseconds(500));
}

TEST_CASE("an empty testament is a rehearsal that does nothing") {
  Node node;
  const std::string before = node.addresses();
  const Deeds deeds = node.perform();
  CHECK(deeds.resigned + deeds.unsent + deeds.removed + deeds.unremoved == 0);
  CHECK(node.addresses() == before);
}

}  // namespace keelvip::guard
