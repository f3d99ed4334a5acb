// DeadlineHeap: the earliest of many deadlines, one per index, each of which moves often. A 4-ary
// heap that knows where each index is. Speaker thread, hot path: set() is O(log n), earliest() is
// O(1), nothing allocates after reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/base/time.h"

namespace keelvip::vrrp {

class DeadlineHeap {
 public:
  /// Forgets all deadlines and makes room for the indices 0..`indices`-1.
  void reset(std::size_t indices);

  /// Gives `index` this deadline; kNever takes it away.
  void set(std::uint32_t index, base::Instant deadline);

  /// kNever when there is none.
  [[nodiscard]] base::Instant earliest() const {
    return entries_.empty() ? base::kNever : entries_.front().deadline;
  }
  /// The index of the earliest deadline, the lowest among equals. There must be one.
  [[nodiscard]] std::uint32_t front() const { return entries_.front().index; }

 private:
  struct Entry {
    base::Instant deadline;
    std::uint32_t index;

    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  static constexpr std::uint32_t kAbsent = UINT32_MAX;

  void place(std::size_t position, const Entry& entry);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> positions_;  // of each index in entries_, or kAbsent
};

}  // namespace keelvip::vrrp
