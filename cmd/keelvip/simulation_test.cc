#include "cmd/keelvip/simulation.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/api/print.h"
#include "pkg/status/golden.h"

namespace keelvip::cmd {
namespace {

/// The names of all members, however deep.
void gather_names(const api::Node& node, std::set<std::string>& names) {
  if (const auto* members = node.object()) {
    for (const api::Member& member : *members) {
      names.insert(member.key);
      gather_names(member.value, names);
    }
  } else if (const auto* items = node.array()) {
    for (const api::Node& item : *items) {
      gather_names(item, names);
    }
  }
}

/// The words in backquotes of the reference that begin with a small letter and hold no space.
std::set<std::string> documented_names() {
  std::ifstream file(KEELVIP_SIMULATE_DOC);
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    std::istringstream parts(line);
    std::string part;
    for (bool quoted = false; std::getline(parts, part, '`'); quoted = !quoted) {
      if (quoted && part.find_first_of(" .-") == std::string::npos && part[0] >= 'a') {
        names.insert(part);
      }
    }
  }
  names.erase("simulate");  // the command
  return names;
}

using sim::Failure;
using sim::FailureKind;
using std::chrono::microseconds;
using std::chrono::milliseconds;

api::VirtualIp vip(const char* name, const char* address, const char* interface) {
  api::VirtualIp vip;
  vip.metadata.name = name;
  vip.spec.addresses = {*net::Prefix::parse(address)};
  vip.spec.interface = interface;
  vip.spec.nodes = {{"lb-1", 100}, {"lb-2", 50}};
  vip.spec.health_checks.emplace_back().name = "http";
  return vip;
}

/// Held by lb-1 all the time.
sim::Fate kept() {
  sim::Fate fate;
  fate.before = {0};
  fate.after = {0};
  fate.served = true;
  return fate;
}

sim::Fate moved(base::Duration outage, base::Duration doubled) {
  sim::Fate fate = kept();
  fate.after = {1};
  fate.outage = outage;
  fate.longest_double = doubled;
  return fate;
}

/// Nobody holds it in the end, for these reasons on lb-1 and lb-2.
sim::Fate lost(const char* first, const char* second) {
  sim::Fate fate = kept();
  fate.after = {};
  fate.served = false;
  fate.excuses = {{0, first}, {1, second}};
  return fate;
}

void add(Simulation& simulation, std::vector<Failure> failures, std::vector<sim::Fate> fates) {
  simulation.trials.push_back({std::move(failures), {std::move(fates), true}});
}

/// One of everything that can come out, for three VIPs of two nodes.
Simulation everything() {
  Simulation simulation;
  simulation.vips = {vip("api", "192.0.2.7/24", "eth0"), vip("db", "192.0.2.8/24", "eth0"),
                     vip("web", "198.51.100.9/24", "")};
  simulation.layout = sim::lay_out(simulation.vips);
  simulation.seed = 7;
  simulation.tries = 3;
  sim::Fate elected = moved(milliseconds(722), {});
  elected.before = {};
  add(simulation, {}, {elected, elected, elected});
  add(simulation, {{FailureKind::kPowerCut, 0}},
      {moved(microseconds(6'543'210), {}), moved(milliseconds(700), milliseconds(25)),
       moved(microseconds(300), {})});
  sim::Fate apart = moved(milliseconds(700), {});
  apart.cut_off = {0};
  add(simulation, {{FailureKind::kCutOff, 0, 0}}, {apart, apart, kept()});
  sim::Fate twice = moved({}, milliseconds(5000));
  twice.after = {0, 1};
  twice.doubled = true;
  add(simulation, {{FailureKind::kAgentKilled, 0}}, {twice, kept(), kept()});
  add(simulation, {{FailureKind::kLinkDown, 1, 1}}, {kept(), kept(), kept()});
  add(simulation, {{FailureKind::kCheckFails, 0, 0, 1, 0}, {FailureKind::kStopped, 1}},
      {kept(), lost("HealthCheckFailing", "Stopped"), kept()});
  sim::Fate nobody = lost("PowerCut", "PowerCut");
  nobody.nobody_left = true;
  add(simulation, {{FailureKind::kPowerCut, 0}, {FailureKind::kPowerCut, 1}},
      {nobody, nobody, nobody});
  simulation.trials.back().outcome.settled = false;
  simulation.left_out = 12;
  return simulation;
}

}  // namespace

TEST_CASE("the table tells who held and holds what, how long that took, and why nobody does") {
  std::ostringstream out;
  print_table(everything(), out);
  CHECK(status::differs_from_golden("simulate.txt", out.str()) == "");
}

TEST_CASE("json has all that the table has, and the fates of VIPs that nothing happened to") {
  CHECK(status::differs_from_golden("simulate.json", api::to_json(to_node(everything()), 2)) == "");
}

TEST_CASE("the reference names every field of the json, and no other") {
  std::set<std::string> names;
  gather_names(to_node(everything()), names);
  CHECK(documented_names() == names);
}

TEST_CASE("all is well unless a VIP ends without a holder or with two, for a reason that counts") {
  const Simulation all = everything();
  const std::vector<bool> well{true, true, true, false, true, false, true};
  REQUIRE(all.trials.size() == well.size());
  for (std::size_t i = 0; i < well.size(); ++i) {
    Simulation one = all;
    one.trials = {all.trials[0], all.trials[i]};
    CHECK(all_well(one) == well[i]);
  }
}

TEST_CASE("one failure that leaves nobody counts: the VIP hangs on one node") {
  Simulation simulation = everything();
  Trial& trial = simulation.trials.back();
  CHECK_FALSE(is_lost(trial, trial.outcome.fates[0]));
  trial.failures.pop_back();
  CHECK(is_lost(trial, trial.outcome.fates[0]));
}

}  // namespace keelvip::cmd
