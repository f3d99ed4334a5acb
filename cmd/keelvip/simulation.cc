#include "cmd/keelvip/simulation.h"

#include <algorithm>
#include <ostream>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cmd/keelvip/table.h"

namespace keelvip::cmd {
namespace {

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string length(base::Duration duration) {
  if (duration == base::Duration{}) {
    return "none";
  }
  if (duration < std::chrono::milliseconds(1)) {
    return "under 1 ms";
  }
  return duration < std::chrono::seconds(1) ? fmt::format("{:.0f} ms", seconds(duration) * 1000)
                                            : fmt::format("{:.2f} s", seconds(duration));
}

std::string plural(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::vector<std::string> names_of(const Simulation& simulation,
                                  std::span<const std::size_t> hosts) {
  std::vector<std::string> names;
  for (const std::size_t host : hosts) {
    names.push_back(simulation.layout.hosts[host].name);
  }
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string title(const Simulation& simulation, const Trial& trial) {
  std::vector<std::string> parts;
  for (const sim::Failure& failure : trial.failures) {
    parts.push_back(sim::describe(failure, simulation.layout, simulation.vips));
  }
  return parts.empty() ? "(election)" : fmt::format("{}", fmt::join(parts, " + "));
}

std::string note(const Simulation& simulation, const Trial& trial, const sim::Fate& fate) {
  std::vector<std::string> notes;
  if (!fate.served && !is_lost(trial, fate)) {
    notes.emplace_back("nobody is left (not counted)");
  }
  for (const sim::Excuse& excuse : fate.excuses) {
    notes.push_back(
        fmt::format("{}: {}", simulation.layout.hosts[excuse.host].name, excuse.reason));
  }
  for (const std::string& host : names_of(simulation, fate.cut_off)) {
    notes.push_back(host + (fate.after.empty() ? " has it" : " has it too") + ", out of reach");
  }
  if (fate.doubled) {
    notes.push_back(
        fmt::format("{} both answer", fmt::join(names_of(simulation, fate.after), " and ")));
  }
  if (!trial.outcome.settled) {
    notes.emplace_back("does not come to rest");
  }
  return notes.empty() ? "-" : fmt::format("{}", fmt::join(notes, "; "));
}

std::string holders(const Simulation& simulation, std::span<const std::size_t> hosts) {
  return joined(names_of(simulation, hosts));
}

void add_rows(const Simulation& simulation, const Trial& trial, Table& table) {
  const std::string what = title(simulation, trial);
  const auto& fates = trial.outcome.fates;
  const auto untouched = [](const sim::Fate& fate) { return fate.untouched(); };
  const auto same = static_cast<std::size_t>(std::ranges::count_if(fates, untouched));
  for (std::size_t vip = 0; vip < fates.size(); ++vip) {
    const sim::Fate& fate = fates[vip];
    if (fate.untouched() && same > 1) {
      continue;
    }
    table.add_row({what, simulation.vips[vip].metadata.name, holders(simulation, fate.before),
                   holders(simulation, fate.after), fate.served ? length(fate.outage) : "lasts",
                   fate.doubled ? "lasts" : length(fate.longest_double),
                   note(simulation, trial, fate)});
  }
  if (same > 1) {
    table.add_row(
        {what,
         same == fates.size() ? fmt::format("(all {})", same) : fmt::format("({} others)", same),
         "-", "-", "none", "none", "as before"});
  }
}

struct Sums {
  std::size_t lost = 0;                // trials
  std::size_t doubled = 0;             // trials
  std::size_t hopeless = 0;            // trials
  base::Duration election{};           // the longest
  const sim::Fate* longest = nullptr;  // after a failure
  const Trial* when = nullptr;
  std::size_t whose = 0;
};

Sums sums_of(const Simulation& simulation) {
  Sums sums;
  for (const Trial& trial : simulation.trials) {
    const auto& fates = trial.outcome.fates;
    const auto lost = [&](const sim::Fate& fate) { return is_lost(trial, fate); };
    const auto hopeless = [&](const sim::Fate& fate) { return !fate.served && !lost(fate); };
    sums.lost += std::ranges::any_of(fates, lost) ? 1U : 0U;
    sums.hopeless += std::ranges::any_of(fates, hopeless) ? 1U : 0U;
    sums.doubled += std::ranges::any_of(fates, &sim::Fate::doubled) ? 1U : 0U;
    for (std::size_t vip = 0; vip < fates.size(); ++vip) {
      if (trial.failures.empty()) {
        sums.election = std::max(sums.election, fates[vip].outage);
        continue;
      }
      const base::Duration before =
          sums.longest == nullptr ? base::Duration{} : sums.longest->outage;
      if (fates[vip].served && fates[vip].outage > before) {
        sums.longest = &fates[vip];
        sums.when = &trial;
        sums.whose = vip;
      }
    }
  }
  return sums;
}

api::Node leaf(decltype(api::Node::value) value) {
  api::Node node;
  node.value = std::move(value);
  return node;
}

api::Node list(std::vector<api::Node> items) {
  return leaf(std::move(items));
}

api::Node list_of(const std::vector<std::string>& words) {
  std::vector<api::Node> items;
  for (const std::string& word : words) {
    items.push_back(leaf(word));
  }
  return list(std::move(items));
}

api::Node host_node(const Simulation& simulation, const sim::Host& host) {
  std::vector<api::Node> interfaces;
  for (const sim::Port& port : host.ports) {
    api::Node interface;
    interface.put("name", leaf(simulation.layout.lans[port.lan].interface));
    interface.put("madeUp", leaf(simulation.layout.lans[port.lan].made_up));
    std::vector<std::string> addresses;
    for (const net::Prefix& address : port.addresses) {
      addresses.push_back(address.to_string());
    }
    interface.put("addresses", list_of(addresses));
    interfaces.push_back(std::move(interface));
  }
  api::Node node;
  node.put("name", leaf(host.name));
  node.put("madeUp", leaf(simulation.layout.made_up_hosts));
  node.put("interfaces", list(std::move(interfaces)));
  return node;
}

api::Node failure_node(const Simulation& simulation, const sim::Failure& failure) {
  api::Node node;
  node.put("kind", leaf(std::string(sim::to_string(failure.kind))));
  node.put("node", leaf(simulation.layout.hosts[failure.host].name));
  if (failure.kind == sim::FailureKind::kCheckFails) {
    const api::VirtualIp& vip = simulation.vips[failure.vip];
    node.put("vip", leaf(vip.metadata.name));
    node.put("check", leaf(vip.spec.health_checks[failure.check].name));
  } else if (!failure.ends_agent()) {
    node.put("interface", leaf(simulation.layout.lans[failure.lan].interface));
  }
  return node;
}

api::Node fate_node(const Simulation& simulation, const Trial& trial, std::size_t vip) {
  const sim::Fate& fate = trial.outcome.fates[vip];
  api::Node node;
  node.put("name", leaf(simulation.vips[vip].metadata.name));
  node.put("before", list_of(names_of(simulation, fate.before)));
  node.put("after", list_of(names_of(simulation, fate.after)));
  node.put("served", leaf(fate.served));
  node.put("outageSeconds", fate.served ? leaf(seconds(fate.outage)) : api::Node{});
  node.put("twoHolders", leaf(fate.doubled));
  node.put("twoHoldersSeconds", fate.doubled ? api::Node{} : leaf(seconds(fate.longest_double)));
  node.put("lost", leaf(is_lost(trial, fate)));
  node.put("cutOff", list_of(names_of(simulation, fate.cut_off)));
  std::vector<api::Node> reasons;
  for (const sim::Excuse& excuse : fate.excuses) {
    api::Node reason;
    reason.put("node", leaf(simulation.layout.hosts[excuse.host].name));
    reason.put("reason", leaf(excuse.reason));
    reasons.push_back(std::move(reason));
  }
  node.put("reasons", list(std::move(reasons)));
  return node;
}

}  // namespace

bool is_lost(const Trial& trial, const sim::Fate& fate) {
  return !fate.served && (trial.failures.size() < 2 || !fate.nobody_left);
}

bool all_well(const Simulation& simulation) {
  const Sums sums = sums_of(simulation);
  return sums.lost == 0 && sums.doubled == 0;
}

void print_table(const Simulation& simulation, std::ostream& out) {
  if (simulation.layout.made_up_hosts) {
    out << "No document names a node: node-1 and node-2 are made up.\n";
  }
  for (const sim::Lan& lan : simulation.layout.lans) {
    if (lan.made_up) {
      out << fmt::format("No document names the interface in {}: {} is made up.\n",
                         lan.subnets.front().to_string(), lan.interface);
    }
  }
  Table table({"FAILURE", "VIP", "BEFORE", "AFTER", "OUTAGE", "TWO HOLDERS", "NOTE"});
  for (const Trial& trial : simulation.trials) {
    add_rows(simulation, trial, table);
  }
  table.print(out);
  out << "\n" << sum_up(simulation) << "\n";
}

std::string sum_up(const Simulation& simulation) {
  const Sums sums = sums_of(simulation);
  const auto singles = static_cast<std::size_t>(std::ranges::count_if(
      simulation.trials, [](const Trial& trial) { return trial.failures.size() == 1; }));
  const std::size_t pairs = simulation.trials.size() - singles - 1;
  std::string text = plural(singles, "failure");
  if (pairs > 0) {
    text += " and " + plural(pairs, "pair");
  }
  text += " of " + plural(simulation.layout.hosts.size(), "node") + ": ";
  std::vector<std::string> parts;
  if (sums.lost > 0) {
    parts.push_back(fmt::format("in {} of them a VIP ends without a holder", sums.lost));
  }
  if (sums.doubled > 0) {
    parts.push_back(fmt::format("in {} of them a VIP ends with two holders", sums.doubled));
  }
  if (parts.empty()) {
    parts.emplace_back("every VIP ends with one holder");
  }
  if (sums.hopeless > 0) {
    parts.push_back(
        fmt::format("in {} of them nobody is left for it (not counted)", sums.hopeless));
  }
  if (sums.election > base::Duration{}) {
    parts.push_back("the first election takes " + length(sums.election));
  }
  if (sums.longest != nullptr) {
    parts.push_back(fmt::format("the longest outage is {} ({}, {})", length(sums.longest->outage),
                                simulation.vips[sums.whose].metadata.name,
                                title(simulation, *sums.when)));
  }
  text += fmt::format("{}.", fmt::join(parts, "; "));
  if (simulation.left_out > 0) {
    text += fmt::format(" {} more were left out; --limit sets how many are tried.",
                        simulation.left_out);
  }
  return text;
}

api::Node to_node(const Simulation& simulation) {
  std::vector<api::Node> hosts;
  for (const sim::Host& host : simulation.layout.hosts) {
    hosts.push_back(host_node(simulation, host));
  }
  std::vector<api::Node> trials;
  for (const Trial& trial : simulation.trials) {
    std::vector<api::Node> failures;
    for (const sim::Failure& failure : trial.failures) {
      failures.push_back(failure_node(simulation, failure));
    }
    std::vector<api::Node> fates;
    for (std::size_t vip = 0; vip < trial.outcome.fates.size(); ++vip) {
      fates.push_back(fate_node(simulation, trial, vip));
    }
    api::Node node;
    node.put("failures", list(std::move(failures)));
    node.put("settled", leaf(trial.outcome.settled));
    node.put("vips", list(std::move(fates)));
    trials.push_back(std::move(node));
  }
  api::Node root;
  root.put("seed", leaf(static_cast<std::int64_t>(simulation.seed)));
  root.put("tries", leaf(static_cast<std::int64_t>(simulation.tries)));
  root.put("nodes", list(std::move(hosts)));
  root.put("trials", list(std::move(trials)));
  root.put("leftOut", leaf(static_cast<std::int64_t>(simulation.left_out)));
  root.put("ok", leaf(all_well(simulation)));
  root.put("summary", leaf(sum_up(simulation)));
  return root;
}

}  // namespace keelvip::cmd
