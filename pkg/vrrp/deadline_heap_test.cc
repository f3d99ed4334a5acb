#include "pkg/vrrp/deadline_heap.h"

#include <map>
#include <random>

#include <doctest/doctest.h>

namespace keelvip::vrrp {
namespace {

base::Instant at(std::int64_t nanoseconds) {
  return base::Instant{base::Duration{nanoseconds}};
}

}  // namespace

TEST_CASE("an empty heap has no deadline") {
  DeadlineHeap heap;
  heap.reset(3);
  CHECK(heap.earliest() == base::kNever);
}

TEST_CASE("among equal deadlines the lowest index comes first") {
  DeadlineHeap heap;
  heap.reset(3);
  heap.set(2, at(5));
  heap.set(0, at(5));
  heap.set(1, at(5));
  CHECK(heap.front() == 0);
}

TEST_CASE("whatever is set, moved and taken away, the earliest is the least of what is there") {
  constexpr std::uint32_t kIndices = 100;
  std::mt19937 random(7);
  DeadlineHeap heap;
  heap.reset(kIndices);
  std::map<std::uint32_t, base::Instant> model;
  for (int round = 0; round < 20'000; ++round) {
    const auto index = static_cast<std::uint32_t>(random() % kIndices);
    if (random() % 3 == 0) {
      heap.set(index, base::kNever);
      model.erase(index);
    } else {
      const base::Instant deadline = at(static_cast<std::int64_t>(random() % 1000));
      heap.set(index, deadline);
      model[index] = deadline;
    }
    base::Instant least = base::kNever;
    std::uint32_t least_index = 0;
    for (const auto& [i, deadline] : model) {
      if (deadline < least) {
        least = deadline;
        least_index = i;
      }
    }
    REQUIRE(heap.earliest() == least);
    if (!model.empty()) {
      REQUIRE(heap.front() == least_index);
    }
  }
}

}  // namespace keelvip::vrrp
