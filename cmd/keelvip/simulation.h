// Simulation: what `keelvip simulate` found out, and how it is shown: as a table with a last line
// that sums it up, and as JSON. Values; main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "pkg/api/node.h"
#include "pkg/api/virtual_ip.h"
#include "pkg/sim/scenario.h"

namespace keelvip::cmd {

/// One try. No failures: the election alone.
struct Trial {
  std::vector<sim::Failure> failures;
  sim::Outcome outcome;
};

struct Simulation {
  std::vector<api::VirtualIp> vips;
  sim::Layout layout;
  std::uint64_t seed = 0;
  std::size_t tries = 1;  // moments, of which the worst is told
  std::vector<Trial> trials;
  std::size_t left_out = 0;  // for the limit's sake
};

/// Whether the VIP ends without a holder, so that it counts: one failure must leave one; of two
/// that left nobody who may hold it nothing is asked.
[[nodiscard]] bool is_lost(const Trial& trial, const sim::Fate& fate);

/// Every VIP ends with one holder, everywhere.
[[nodiscard]] bool all_well(const Simulation& simulation);

void print_table(const Simulation& simulation, std::ostream& out);

[[nodiscard]] std::string sum_up(const Simulation& simulation);

[[nodiscard]] api::Node to_node(const Simulation& simulation);

}  // namespace keelvip::cmd
