// SpecShelf: the documents that all nodes of a simulated cluster read, and what the faults of a
// Schedule do to them: change, remove and spoil them, or keep a node from the newest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/sim/node.h"
#include "schedule.h"

namespace keelvip::sim {

class SpecShelf {
 public:
  /// `schedule` must outlive this.
  explicit SpecShelf(const Schedule& schedule);

  /// Faults of other kinds change nothing.
  void change(const Fault& fault, bool begins);
  /// Everything is there, nothing is spoiled, and all nodes read it. Changes of values stay.
  void heal();

  [[nodiscard]] SpecFiles files() const;
  /// Whether the node goes on with what it read before.
  [[nodiscard]] bool is_stale(std::size_t node) const { return stale_[node]; }
  /// The specs in force.
  [[nodiscard]] const std::vector<api::VirtualIp>& vips() const { return vips_; }

 private:
  const std::vector<api::VirtualIp>& originals_;
  std::vector<api::VirtualIp> vips_;
  std::vector<bool> removed_;  // parallel to vips_
  std::vector<bool> stale_;    // per node
  std::uint32_t bad_ = 0;      // kind of bad document that is there; 0: none
  std::size_t bad_vip_ = 0;
};

}  // namespace keelvip::sim
