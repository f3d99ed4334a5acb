#include "pkg/vrrp/deadline_heap.h"

#include <algorithm>

namespace keelvip::vrrp {
namespace {

constexpr std::size_t kArity = 4;

}  // namespace

void DeadlineHeap::reset(std::size_t indices) {
  entries_.clear();
  entries_.reserve(indices);
  positions_.assign(indices, kAbsent);
}

void DeadlineHeap::place(std::size_t position, const Entry& entry) {
  entries_[position] = entry;
  positions_[entry.index] = static_cast<std::uint32_t>(position);
}

void DeadlineHeap::sift_up(std::size_t position) {
  const Entry entry = entries_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / kArity;
    if (entries_[parent] <= entry) {
      break;
    }
    place(position, entries_[parent]);
    position = parent;
  }
  place(position, entry);
}

void DeadlineHeap::sift_down(std::size_t position) {
  const Entry entry = entries_[position];
  for (;;) {
    const std::size_t first = position * kArity + 1;
    if (first >= entries_.size()) {
      break;
    }
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end =
        entries_.begin() + static_cast<std::ptrdiff_t>(std::min(first + kArity, entries_.size()));
    const auto least = std::min_element(begin, end);
    if (entry <= *least) {
      break;
    }
    const auto child = static_cast<std::size_t>(least - entries_.begin());
    place(position, *least);
    position = child;
  }
  place(position, entry);
}

void DeadlineHeap::set(std::uint32_t index, base::Instant deadline) {
  std::size_t position = positions_[index];
  if (position == kAbsent) {
    if (deadline == base::kNever) {
      return;
    }
    position = entries_.size();
    entries_.push_back({deadline, index});
    sift_up(position);
    return;
  }
  const base::Instant before = entries_[position].deadline;
  if (deadline == before) {
    return;
  }
  if (deadline != base::kNever) {
    entries_[position].deadline = deadline;
    deadline < before ? sift_up(position) : sift_down(position);
    return;
  }
  positions_[index] = kAbsent;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (position < entries_.size()) {
    place(position, last);
    sift_up(position);
    sift_down(positions_[last.index]);
  }
}

}  // namespace keelvip::vrrp
