#include "pkg/vrrp/recently_heard.h"

#include <doctest/doctest.h>

#include "pkg/vrrp/speaker_report.h"

namespace keelvip::vrrp {
namespace {

Peer peer(std::uint8_t last_byte, int seconds, std::uint8_t priority = 100) {
  Peer peer;
  peer.address = net::IpAddress::v4({192, 0, 2, last_byte});
  peer.priority = {priority};
  peer.last_heard = base::Instant{} + std::chrono::seconds(seconds);
  return peer;
}

Stranger stranger(std::uint32_t interface, net::Family family, std::uint8_t vrid, int seconds) {
  Stranger stranger;
  stranger.interface = {interface};
  stranger.family = family;
  stranger.vrid = {vrid};
  stranger.last_heard = base::Instant{} + std::chrono::seconds(seconds);
  return stranger;
}

}  // namespace

TEST_CASE("peers are listed by when they were last heard, with what they said last") {
  RecentlyHeard<Peer, 8> table;
  table.put(peer(1, 1, 100));
  table.put(peer(2, 2, 120));
  table.put(peer(1, 3, 90));
  std::vector<Peer> peers;
  table.copy_to(peers);
  CHECK(peers == std::vector{peer(1, 3, 90), peer(2, 2, 120)});
}

TEST_CASE("one peer too many replaces the one that was silent longest") {
  RecentlyHeard<Peer, 3> table;
  for (std::uint8_t i = 0; i < 3; ++i) {
    table.put(peer(i, i));
  }
  table.put(peer(0, 50));
  table.put(peer(99, 51));
  std::vector<Peer> peers;
  table.copy_to(peers);
  CHECK(peers == std::vector{peer(99, 51), peer(0, 50), peer(2, 2)});
}

TEST_CASE("strangers of one number on two interfaces or in two families are different ones") {
  RecentlyHeard<Stranger, 8> table;
  table.put(stranger(2, net::Family::kIpv4, 51, 1));
  table.put(stranger(3, net::Family::kIpv4, 51, 2));
  table.put(stranger(2, net::Family::kIpv6, 51, 3));
  table.put(stranger(2, net::Family::kIpv4, 51, 4));
  std::vector<Stranger> strangers;
  table.copy_to(strangers);
  CHECK(strangers == std::vector{stranger(2, net::Family::kIpv4, 51, 4),
                                 stranger(2, net::Family::kIpv6, 51, 3),
                                 stranger(3, net::Family::kIpv4, 51, 2)});
}

}  // namespace keelvip::vrrp
