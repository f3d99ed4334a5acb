#include "pkg/sim/world.h"

#include <algorithm>
#include <utility>

namespace keelvip::sim {

World::World(std::uint64_t seed, std::size_t nodes, std::size_t segments) : scene_(seed) {
  for (std::size_t i = 0; i < segments; ++i) {
    scene_.segments.emplace_back(nodes);
  }
}

Node& World::add_node(std::string name, NodeClock clock) {
  return nodes_.emplace_back(scene_, nodes_.size(), std::move(name), clock);
}

void World::step(base::Instant until) {
  scene_.begin_step();
  if (scene_.queue.next() > until) {
    scene_.now = std::max(scene_.now, until);
    return;
  }
  const Event event = scene_.queue.pop();
  scene_.now = event.at;
  if (event.kind == EventKind::kPacketArrives && event.node >= nodes_.size()) {
    listen(event);
    return;
  }
  Node& node = nodes_[event.node];
  node.run(event);
  node.settle();
}

void World::settle() {
  for (Node& node : nodes_) {
    node.settle();
  }
}

void World::forge(std::size_t from, std::size_t segment, std::span<const std::byte> frame) {
  scene_.send(from, segment, frame, false);
}

/// The listening host of a segment learns from ARP and NA frames.
void World::listen(const Event& event) {
  const Frame& frame = scene_.frame(event.what);
  const std::span<const std::byte> bytes = frame.bytes;
  const bool arp = bytes[13] == std::byte{0x06};
  const net::IpAddress address =
      arp ? net::IpAddress::from_bytes(net::Family::kIpv4, bytes.subspan(28, 4))
          : net::IpAddress::from_bytes(net::Family::kIpv6, bytes.subspan(62, 16));
  net::MacAddress mac;
  const std::span<const std::byte> from = bytes.subspan(arp ? 22 : 80, 6);
  std::ranges::transform(from, mac.bytes.begin(),
                         [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  auto& neighbors = scene_.segments[frame.segment].neighbors;
  const auto known = std::ranges::find(neighbors, address, &Segment::Neighbor::address);
  if (known == neighbors.end()) {
    neighbors.push_back({address, mac});
  } else {
    known->mac = mac;
  }
  scene_.tell(event.node, NeighborLearned{frame.segment, address, mac});
  scene_.release(event.what);
}

}  // namespace keelvip::sim
