#include "pkg/vrrp/peer_table.h"

#include <doctest/doctest.h>

namespace keelvip::vrrp {
namespace {

Advertisement from(std::uint8_t last_byte, std::uint8_t priority = 100) {
  Advertisement advert;
  advert.source = net::IpAddress::v4({192, 0, 2, last_byte});
  advert.priority = {priority};
  return advert;
}

base::Instant at(int seconds) {
  return base::Instant{} + std::chrono::seconds(seconds);
}

}  // namespace

TEST_CASE("peers are listed by when they were last heard, with what they said last") {
  PeerTable table;
  table.heard(from(1, 100), false, at(1));
  table.heard(from(2, 120), false, at(2));
  table.heard(from(1, 90), false, at(3));
  std::vector<Peer> peers;
  table.copy_to(peers);
  REQUIRE(peers.size() == 2);
  CHECK(peers[0].address == from(1).source);
  CHECK(peers[0].priority.value == 90);
  CHECK(peers[1].last_heard == at(2));
}

TEST_CASE("one peer too many replaces the one that was silent longest") {
  PeerTable table;
  for (std::uint8_t i = 0; i < kMaxPeers; ++i) {
    table.heard(from(i), false, at(i));
  }
  table.heard(from(0), false, at(50));
  table.heard(from(99), false, at(51));
  std::vector<Peer> peers;
  table.copy_to(peers);
  REQUIRE(peers.size() == kMaxPeers);
  CHECK(peers[0].address == from(99).source);
  CHECK(peers[1].address == from(0).source);
  CHECK(peers.back().address == from(2).source);
}

}  // namespace keelvip::vrrp
