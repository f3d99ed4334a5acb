// Scenario: a laid-out cluster elects, is struck by failures at one moment, and comes to rest: what
// became of each VIP. Called by `keelvip simulate` for every failure; deterministic by its seed.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/base/time.h"
#include "pkg/sim/failure.h"
#include "pkg/sim/layout.h"

namespace keelvip::sim {

/// Why a host does not hold a VIP in the end: the reason of its condition Ready, or of the failure.
struct Excuse {
  std::size_t host = 0;
  std::string reason;  // one CamelCase word
};

/// What became of a VIP.
struct Fate {
  std::vector<std::size_t> before;  // hosts that hold it and can be reached by clients
  std::vector<std::size_t> after;
  base::Duration outage{};          // how long clients did without it, in sum
  base::Duration longest_double{};  // how long two hosts that clients can reach had it, in one go
  bool served = false;              // in the end
  bool doubled = false;             // in the end
  /// The failures took every host that may hold it off the LAN, or their agents, or made them
  /// withdraw as a check of this VIP says.
  bool nobody_left = false;
  std::vector<std::size_t> cut_off;  // hosts that have it in the end and that no client reaches
  std::vector<Excuse> excuses;       // if it is not served

  /// As if there had been no failure.
  [[nodiscard]] bool untouched() const {
    return served && !doubled && before == after && outage == base::Duration{} &&
           longest_double == base::Duration{} && cut_off.empty();
  }
};

struct Outcome {
  std::vector<Fate> fates;  // of each VIP
  bool settled = true;      // things were quiet in the end
};

/// `failures` empty: only the election, whose time is the outage. Else the moment at which they all
/// strike, somewhere between two adverts, depends on the seed.
[[nodiscard]] Outcome run_scenario(const Layout& layout, std::span<const api::VirtualIp> vips,
                                   std::span<const Failure> failures, std::uint64_t seed);

/// Of two outcomes of the same failures, the worse fate of each VIP.
void keep_worse(Outcome& kept, Outcome other);

}  // namespace keelvip::sim
