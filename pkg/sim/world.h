// World: a whole cluster in simulated time: nodes with real agents on LANs, from one seed. Whoever
// drives it (test/sim, `keelvip simulate`) asks for the next step, looks at what happened, and does
// harm or good to nodes and paths in between. Deterministic: the same calls give the same
// happenings. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>

#include "pkg/base/time.h"
#include "pkg/sim/happening.h"
#include "pkg/sim/node.h"
#include "pkg/sim/scene.h"

namespace keelvip::sim {

class World {
 public:
  /// `nodes` are added by add_node, in order, before the first step.
  World(std::uint64_t seed, std::size_t nodes, std::size_t segments);

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Node& add_node(std::string name, NodeClock clock);

  [[nodiscard]] base::Instant now() const { return scene_.now; }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  [[nodiscard]] Node& node(std::size_t place) { return nodes_[place]; }
  [[nodiscard]] const Node& node(std::size_t place) const { return nodes_[place]; }
  [[nodiscard]] std::size_t segments() const { return scene_.segments.size(); }
  [[nodiscard]] Segment& segment(std::size_t place) { return scene_.segments[place]; }
  [[nodiscard]] const Segment& segment(std::size_t place) const { return scene_.segments[place]; }
  [[nodiscard]] Prng& prng() { return scene_.prng; }
  [[nodiscard]] Scheduling& scheduling() { return scene_.scheduling; }

  /// When something happens next; kNever: nothing ever will.
  [[nodiscard]] base::Instant next() const { return scene_.queue.next(); }
  /// Takes the world there: the next event, or `until` if that comes first.
  void step(base::Instant until);
  /// What happened in the last step, and in what was done to the world since.
  [[nodiscard]] std::span<const Happening> happenings() const { return scene_.happenings; }
  /// To be called after nodes were harmed, healed or given something.
  void settle();

  /// Puts a frame that no Speaker sent on a segment; `from`: whose place on the LAN it comes from.
  void forge(std::size_t from, std::size_t segment, std::span<const std::byte> frame);

 private:
  void listen(const Event& event);

  Scene scene_;
  std::deque<Node> nodes_;
};

}  // namespace keelvip::sim
