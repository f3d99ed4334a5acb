// Segment: one simulated LAN: each directed path between two of its members delays, loses, doubles
// and reorders frames as it is told to, or is cut. The last member is a host that only listens, as
// the clients of a virtual address do. Part of the Scene; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"

namespace keelvip::sim {

/// One direction between two members. Frames overtake each other when the delay varies.
struct Path {
  base::Duration shortest = std::chrono::microseconds(20);
  base::Duration longest = std::chrono::microseconds(60);
  std::uint32_t lost_per_mille = 0;
  std::uint32_t doubled_per_mille = 0;
  std::uint32_t cuts = 0;  // reasons why nothing passes

  [[nodiscard]] bool clean() const { return lost_per_mille == 0 && cuts == 0; }
};

class Segment {
 public:
  explicit Segment(std::size_t nodes) : members_(nodes + 1), paths_(members_ * members_) {}

  /// The listening host's place among the members.
  [[nodiscard]] std::size_t listener() const { return members_ - 1; }
  [[nodiscard]] std::size_t members() const { return members_; }

  [[nodiscard]] Path& path(std::size_t from, std::size_t to) {
    return paths_[from * members_ + to];
  }
  [[nodiscard]] const Path& path(std::size_t from, std::size_t to) const {
    return paths_[from * members_ + to];
  }

  struct Neighbor {
    net::IpAddress address;
    net::MacAddress mac;
  };
  /// What the listening host has learned, the newest of each address.
  std::vector<Neighbor> neighbors;

 private:
  std::size_t members_;
  std::vector<Path> paths_;
};

}  // namespace keelvip::sim
