// Scene: what everything in one simulation shares: the time, the chance, what is still to happen,
// the LANs and the frames on them, and the list of what happened in the present step. Owned by the
// World; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/sim/event_queue.h"
#include "pkg/sim/happening.h"
#include "pkg/sim/prng.h"
#include "pkg/sim/segment.h"

namespace keelvip::sim {

/// A frame on its way, or waiting in a socket. Slots are used again, so nothing allocates for long.
struct Frame {
  std::vector<std::byte> bytes;  // from the Ethernet header on
  std::size_t segment = 0;
  std::uint32_t readers = 0;
  bool genuine = true;
};

/// How long a thread may take to wake up, and a hand-off to reach another thread: at random up to
/// these.
struct Scheduling {
  base::Duration wake = std::chrono::microseconds(50);
  base::Duration hand_off = std::chrono::microseconds(100);
  base::Duration kernel = std::chrono::microseconds(200);  // one batch of address steps
};

class Scene {
 public:
  explicit Scene(std::uint64_t seed) : prng(seed) {}

  base::Instant now{};
  Prng prng;
  EventQueue queue;
  Scheduling scheduling;
  std::vector<Segment> segments;
  std::vector<Happening> happenings;

  void tell(std::size_t node, const Fact& fact) { happenings.push_back({now, node, fact}); }

  /// Puts a frame of `from` on its segment: to everybody else, as the paths let it through.
  /// Returns the frame as it is kept.
  std::span<const std::byte> send(std::size_t from, std::size_t segment,
                                  std::span<const std::byte> bytes, bool genuine = true);

  [[nodiscard]] const Frame& frame(std::uint32_t slot) const { return frames_[slot]; }
  /// One reader is done with the frame; its bytes stay until the next step.
  void release(std::uint32_t slot);
  /// Forgets happenings, and the frames that nobody reads any more.
  void begin_step();

 private:
  std::uint32_t take_slot();

  std::vector<Frame> frames_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> released_;
};

}  // namespace keelvip::sim
