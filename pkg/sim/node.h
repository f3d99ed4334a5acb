// Node: one simulated host: its kernel, its clock, its services, and the agent when one runs. Can
// be frozen (its agent stops in the middle of everything), lose its agent without a word, and start
// another one. Owned by the World; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pkg/api/fold.h"
#include "pkg/sim/agent_process.h"
#include "pkg/sim/host_kernel.h"
#include "pkg/sim/node_clock.h"
#include "pkg/sim/scene.h"

namespace keelvip::sim {

/// The files of a spec directory; shared by the nodes that have the same ones.
using SpecFiles = std::shared_ptr<const std::vector<api::SourceFile>>;

class Node {
 public:
  Node(Scene& scene, std::size_t place, std::string name, NodeClock clock)
      : scene_(scene),
        place_(place),
        name_(std::move(name)),
        clock_(clock),
        kernel_(scene, place) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const NodeClock& clock() const { return clock_; }
  [[nodiscard]] HostKernel& kernel() { return kernel_; }
  [[nodiscard]] const HostKernel& kernel() const { return kernel_; }
  [[nodiscard]] Backend& backend() { return backend_; }
  /// Null while none runs.
  [[nodiscard]] const AgentProcess* agent() const { return agent_ ? &*agent_ : nullptr; }
  [[nodiscard]] bool frozen() const { return frozen_; }

  void start();
  void crash();
  /// Asks the agent to give everything away and end.
  void stop();
  void freeze();
  void resume();
  void hang_controller(base::Duration duration);
  /// The spec directory holds these files from now on; they are read after this delay.
  void write_specs(SpecFiles files, base::Duration delay = {});

  [[nodiscard]] const api::SpecSet* specs() const { return in_force_.get(); }

  void run(const Event& event);
  /// Somebody changed something about the host: the agent is told if it is so.
  void settle();

 private:
  void read_specs();

  Scene& scene_;
  std::size_t place_;
  std::string name_;
  NodeClock clock_;
  HostKernel kernel_;
  Backend backend_;
  std::optional<AgentProcess> agent_;
  std::uint32_t lives_ = 0;
  bool frozen_ = false;
  SpecFiles files_;
  std::shared_ptr<const api::SpecSet> in_force_;  // as the running agent's reader has it
};

}  // namespace keelvip::sim
