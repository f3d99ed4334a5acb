// `keelvip simulate`: what becomes of each VIP when something breaks: the real agents on made-up
// hosts and LANs, in simulated time, once for every failure. Needs no root and touches no network.
// Main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace keelvip::cmd {

struct SimulateOptions {
  std::string config_directory;
  std::string output = "table";  // or "json"
  bool pairs = false;            // pairs of failures as well
  std::uint64_t seed = 1;
  std::size_t tries = 3;     // moments at which each failure strikes; the worst is told
  std::size_t limit = 1000;  // of failures and pairs that are tried
};

/// Exit code 0 if every VIP ends with one holder after each failure. 1 if some ends without one or
/// with two, or if a document is refused; a pair of failures that leaves nobody who may hold a VIP
/// does not count. 3 if the directory or a file in it cannot be read.
int simulate(const SimulateOptions& options, std::ostream& out, std::ostream& err);

}  // namespace keelvip::cmd
