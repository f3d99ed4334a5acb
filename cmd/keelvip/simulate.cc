#include "cmd/keelvip/simulate.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cmd/keelvip/exit_code.h"
#include "cmd/keelvip/simulation.h"
#include "pkg/api/print.h"
#include "pkg/sim/prng.h"
#include "pkg/specfile/spec_directory.h"
#include "pkg/specfile/validate.h"

namespace keelvip::cmd {
namespace {

constexpr int kIndent = 4;

using Failures = std::vector<sim::Failure>;

std::vector<Failures> pairs_of(const Failures& singles) {
  std::vector<Failures> pairs;
  for (std::size_t i = 0; i < singles.size(); ++i) {
    for (std::size_t j = i + 1; j < singles.size(); ++j) {
      if (sim::add_up(singles[i], singles[j])) {
        pairs.push_back({singles[i], singles[j]});
      }
    }
  }
  return pairs;
}

/// Keeps `count` of them, picked by chance, in their order. Returns how many it left out.
std::size_t thin_out(std::vector<Failures>& all, std::size_t count, sim::Prng& chance) {
  const std::size_t before = all.size();
  std::size_t wanted = std::min(count, before);
  std::size_t left = before;
  std::erase_if(all, [&](const Failures&) {
    // Each of those that are left has the same chance.
    const bool keep = chance.next() % left-- < wanted;
    wanted -= keep ? 1U : 0U;
    return !keep;
  });
  return before - all.size();
}

Simulation run(std::vector<api::VirtualIp> vips, const SimulateOptions& options) {
  Simulation simulation;
  simulation.layout = sim::lay_out(vips);
  simulation.vips = std::move(vips);
  simulation.seed = options.seed;
  simulation.tries = options.tries;
  if (simulation.layout.hosts.size() > sim::kMaxHosts) {
    return simulation;
  }
  sim::Prng chance(options.seed);
  const Failures singles = sim::all_failures(simulation.layout, simulation.vips);
  std::vector<Failures> cases;
  for (const sim::Failure& failure : singles) {
    cases.push_back({failure});
  }
  simulation.left_out = thin_out(cases, options.limit, chance);
  if (options.pairs) {
    std::vector<Failures> pairs = pairs_of(singles);
    simulation.left_out += thin_out(pairs, options.limit - cases.size(), chance);
    cases.insert(cases.end(), pairs.begin(), pairs.end());
  }
  cases.insert(cases.begin(), Failures{});
  for (Failures& failures : cases) {
    const auto attempt = [&] {
      return sim::run_scenario(simulation.layout, simulation.vips, failures, chance.next());
    };
    sim::Outcome outcome = attempt();
    for (std::size_t i = 1; i < options.tries; ++i) {
      sim::keep_worse(outcome, attempt());
    }
    simulation.trials.push_back({std::move(failures), std::move(outcome)});
  }
  return simulation;
}

}  // namespace

int simulate(const SimulateOptions& options, std::ostream& out, std::ostream& err) {
  const auto specs = specfile::SpecDirectory::open(options.config_directory, base::Instant{});
  if (!specs) {
    err << "keelvip: " << specs.error().message << "\n";
    return kEnvironment;
  }
  const api::SpecSet& read = *specs->current();
  for (const std::string& error : specfile::describe_errors(read)) {
    err << error << "\n";
  }
  if (!read.rejected.empty()) {
    return specs->unread() > 0 ? kEnvironment : kNo;
  }
  if (read.accepted.empty()) {
    err << "keelvip: there is no VirtualIP in " << options.config_directory << "\n";
    return kNo;
  }
  const Simulation simulation = run(read.accepted, options);
  if (simulation.trials.empty()) {
    err << fmt::format("keelvip: the documents name {} nodes; at most {} can be simulated\n",
                       simulation.layout.hosts.size(), sim::kMaxHosts);
    return kNo;
  }
  if (options.output == "json") {
    out << api::to_json(to_node(simulation), kIndent);
  } else {
    print_table(simulation, out);
  }
  return all_well(simulation) ? kOk : kNo;
}

}  // namespace keelvip::cmd
