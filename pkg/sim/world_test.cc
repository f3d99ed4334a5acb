#include "pkg/sim/world.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::sim {
namespace {

using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

SpecFiles one_vip() {
  api::VirtualIp vip;
  vip.metadata.name = "web";
  vip.spec.addresses = {*net::Prefix::parse("192.0.2.100/24")};
  vip.spec.virtual_router_id = 51;
  vip.spec.advert_interval = base::Centiseconds{20};
  api::Document document;
  document.name = vip.metadata.name;
  document.object = vip;
  document.claims.addresses.resize(1);
  auto files = std::make_shared<std::vector<api::SourceFile>>(1);
  files->front().source = "web.yaml";
  files->front().documents.push_back(document);
  return files;
}

/// Two nodes of one priority, so that the second one's higher address decides.
struct Pair {
  World world;
  std::string told;

  explicit Pair(std::uint64_t seed = 1) : world(seed, 2, 1) {
    const SpecFiles files = one_vip();
    for (std::uint8_t host = 1; host <= 2; ++host) {
      Node& node = world.add_node("lb-" + std::to_string(host), NodeClock(seconds(host), 0));
      node.kernel().add_link("eth0", {{2, 0, 0, 0, 0, host}},
                             {{net::IpAddress::v4({192, 0, 2, host}), 24}}, 0);
      node.write_specs(files);
      node.start();
    }
    world.settle();
  }

  void run(base::Duration duration) {
    const Instant end = world.now() + duration;
    while (world.now() < end) {
      world.step(end);
      for (const Happening& happening : world.happenings()) {
        told += print(happening) + "\n";
      }
    }
  }

  [[nodiscard]] bool holds(std::size_t node) const {
    for (const net::Address& address : world.node(node).kernel().truth().addresses) {
      if (address.ours) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] std::size_t holder() const {
    REQUIRE(holds(0) != holds(1));
    return holds(0) ? 0 : 1;
  }
};

}  // namespace

TEST_CASE("two nodes agree on a holder, and neighbours learn where it is") {
  Pair pair;
  pair.run(seconds(3));
  const std::size_t holder = pair.holder();
  REQUIRE(pair.world.segment(0).neighbors.size() == 1);
  CHECK(pair.world.segment(0).neighbors[0].mac.bytes[5] == holder + 1);
}

TEST_CASE("the same seed gives the same story, another one another") {
  Pair first(5);
  Pair again(5);
  Pair other(6);
  for (Pair* pair : {&first, &again, &other}) {
    pair->run(seconds(3));
  }
  CHECK(first.told == again.told);
  CHECK(first.told != other.told);
}

TEST_CASE("an agent that dies leaves its address, and the other node takes over") {
  Pair pair;
  pair.run(seconds(3));
  const std::size_t holder = pair.holder();
  pair.world.node(holder).crash();
  pair.run(seconds(1));
  CHECK(pair.holds(0));
  CHECK(pair.holds(1));
  pair.world.node(holder).start();
  pair.run(milliseconds(100));
  CHECK(pair.holder() != holder);
}

TEST_CASE("an agent that is stopped gives its address away and ends") {
  Pair pair;
  pair.run(seconds(3));
  const std::size_t holder = pair.holder();
  pair.world.node(holder).stop();
  pair.run(seconds(1));
  CHECK(pair.world.node(holder).agent() == nullptr);
  CHECK(pair.holder() != holder);
}

TEST_CASE("on a LAN that is cut both nodes are holders until it heals") {
  Pair pair;
  pair.run(seconds(3));
  pair.world.segment(0).path(0, 1).cuts = 1;
  pair.world.segment(0).path(1, 0).cuts = 1;
  pair.run(seconds(1));
  CHECK(pair.holds(0));
  CHECK(pair.holds(1));
  pair.world.segment(0).path(0, 1).cuts = 0;
  pair.world.segment(0).path(1, 0).cuts = 0;
  pair.run(milliseconds(220));
  CHECK(pair.holder() == 1);
}

TEST_CASE("an agent that is frozen does nothing, then finds that it was replaced") {
  Pair pair;
  pair.run(seconds(3));
  const std::size_t holder = pair.holder();
  pair.world.node(holder).freeze();
  pair.run(seconds(1));
  CHECK(pair.holds(0));
  CHECK(pair.holds(1));
  pair.world.node(holder).resume();
  pair.run(milliseconds(20));
  CHECK(pair.holder() != holder);
}

}  // namespace keelvip::sim
