// run: one schedule from start to end with every checker watching. A function of the seed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cluster_view.h"

namespace keelvip::sim {

struct Outcome {
  std::optional<Violation> violation;
  base::Instant ended;
  std::uint64_t steps = 0;
  std::uint64_t role_changes = 0;
};

using TraceSink = std::function<void(const std::string& line)>;

/// `trace`, if there is one, is given a line for everything that happens.
[[nodiscard]] Outcome run(std::uint64_t seed, const TraceSink& trace = {});

}  // namespace keelvip::sim
