// Driver: acts a Schedule out on a World: builds the cluster, does each harm when its time comes,
// undoes it, and heals everything in the end. Knows nothing of what the agents should do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cluster_view.h"
#include "pkg/sim/world.h"
#include "schedule.h"
#include "spec_shelf.h"

namespace keelvip::sim {

class Driver {
 public:
  explicit Driver(const Schedule& schedule);

  [[nodiscard]] World& world() { return world_; }

  /// When it acts next; kNever after the last act.
  [[nodiscard]] base::Instant next() const;
  /// Does what is due. Notes in `view` whom it disturbs, and for how long.
  void act(ClusterView& view);

  /// The specs in force at the end.
  [[nodiscard]] const std::vector<api::VirtualIp>& vips() const { return specs_.vips(); }
  [[nodiscard]] std::size_t acts() const { return acts_; }
  /// When paths were last made worse or better before everything was healed.
  [[nodiscard]] base::Instant paths_harmed() const { return paths_harmed_; }
  [[nodiscard]] base::Duration longest_delay() const { return longest_delay_; }

 private:
  enum class Phase : std::uint8_t { kStart, kBegin, kAgain, kEnd, kHeal };
  struct Act {
    base::Instant at;
    Phase phase = Phase::kStart;
    std::size_t fault = 0;  // or the node to start
  };

  void plan();
  void plan_repeats(std::size_t position);
  void carry_out(const Act& act, ClusterView& view);
  void begin(const Fault& fault, ClusterView& view);
  void again(const Fault& fault, const Act& act, ClusterView& view);
  void end(const Fault& fault, ClusterView& view);
  void heal(ClusterView& view);

  void harm_paths(const Fault& fault, bool begins);
  void harm_host(const Fault& fault, bool begins);
  void publish_specs();
  void forge(const Fault& fault);
  void disturb(ClusterView& view, const Fault& fault) const;

  const Schedule& schedule_;
  World world_;
  std::vector<Act> plan_;  // latest first
  SpecShelf specs_;
  std::size_t acts_ = 0;
  base::Duration longest_delay_{};
  base::Instant paths_harmed_{};
};

}  // namespace keelvip::sim
