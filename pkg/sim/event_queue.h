// EventQueue: what is still to happen in a simulation, by time, and in the order of arrival where
// times are equal, so that a run does not depend on how a heap breaks ties. Owned by the Scene; one
// thread; allocates only while it grows to its usual size.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/base/time.h"

namespace keelvip::sim {

enum class EventKind : std::uint8_t {
  kPacketArrives,  // `what`: slot of the frame in flight
  kSpeakerTurn,    // a thread of the agent on `node` wakes up
  kControllerTurn,
  kKernelTurn,
  kProberTurn,
  kSpecsArrive,     // the reader of specs on `node` hands out what it has read
  kAddressExpires,  // a leased address of the host kernel of `node`
};

struct Event {
  base::Instant at;
  std::uint64_t sequence = 0;
  EventKind kind = EventKind::kPacketArrives;
  std::uint8_t node = 0;
  std::uint32_t what = 0;
};

class EventQueue {
 public:
  void push(base::Instant at, EventKind kind, std::size_t node, std::uint32_t what = 0) {
    heap_.push_back({at, ++sequence_, kind, static_cast<std::uint8_t>(node), what});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// kNever when nothing is to happen.
  [[nodiscard]] base::Instant next() const {
    return heap_.empty() ? base::kNever : heap_.front().at;
  }

  /// There must be one.
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  }

  std::vector<Event> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace keelvip::sim
