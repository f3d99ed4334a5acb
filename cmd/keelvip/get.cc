#include "cmd/keelvip/get.h"

#include <algorithm>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cmd/keelvip/age.h"
#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/exit_code.h"
#include "cmd/keelvip/table.h"
#include "pkg/api/print.h"
#include "pkg/runtime/clock.h"

namespace keelvip::cmd {

namespace {

constexpr std::string_view kVirtualIps = "/apis/keelvip.io/v1alpha1/virtualips";
constexpr int kIndent = 4;

const api::Node& nothing() {
  static const api::Node kNull;
  return kNull;
}

/// Who holds the addresses, as far as this node knows: itself, or whom a Backup hears.
std::string active_router(const api::Node& node) {
  const std::string role = text_at(node, {"role"});
  if (role == "Active") {
    return text_at(node, {"name"});
  }
  const auto& routers = list_at(node, {"routers"});
  if (role != "Backup" || routers.empty()) {
    return {};
  }
  const auto& peers = list_at(routers.front(), {"peers"});
  return peers.empty() ? std::string() : text_at(peers.front(), {"address"});
}

/// "2/3": so many of so many are healthy.
std::string healthy_checks(const api::Node& node) {
  const auto& checks = list_at(node, {"checks"});
  if (checks.empty()) {
    return {};
  }
  const auto healthy = std::count_if(checks.begin(), checks.end(), [](const api::Node& check) {
    return text_at(check, {"verdict"}) == "Healthy";
  });
  return fmt::format("{}/{}", healthy, checks.size());
}

/// `node` is one of the object's status.nodes, or null if it has none.
std::vector<std::string> row(const api::Node& vip, const api::Node& node, bool wide,
                             base::WallTime now) {
  const auto& conditions = list_at(vip, {"status", "conditions"});
  const api::Node* ready = find_by(conditions, "type", "Ready");
  const api::Node* accepted = find_by(conditions, "type", "Accepted");
  // Two nodes that refuse each other's adverts are both Ready, and both wrong.
  const api::Node* conflicted = find_by(conditions, "type", "Conflicted");
  const bool conflict = conflicted != nullptr && text_at(*conflicted, {"status"}) == "True";
  const api::Node* telling = conflict ? conflicted : ready;
  std::string interface = text_at(node, {"interface"});
  if (interface.empty()) {
    interface = text_at(vip, {"spec", "interface"});
  }
  std::vector<std::string> cells{
      text_at(vip, {"metadata", "name"}),
      joined(list_at(vip, {"spec", "addresses"})),
      std::move(interface),
      text_at(node, {"role"}),
      text_at(node, {"effectivePriority"}),
      ready == nullptr ? "Unknown" : text_at(*ready, {"status"}),
      telling == nullptr ? "" : text_at(*telling, {"reason"}),
      accepted == nullptr ? "" : age_since(text_at(*accepted, {"lastTransitionTime"}), now)};
  if (wide) {
    cells.push_back(text_at(node, {"name"}));
    cells.push_back(text_at(vip, {"spec", "virtualRouterID"}));
    cells.push_back(text_at(vip, {"spec", "vrrpVersion"}));
    cells.push_back(active_router(node));
    cells.push_back(age_since(text_at(node, {"since"}), now));
    cells.push_back(healthy_checks(node));
  }
  return cells;
}

int print_table(const GetOptions& options, std::ostream& out, std::ostream& err) {
  const auto answer = ask_status(options.endpoint);
  if (!answer) {
    err << "keelvip: " << answer.error().message << '\n';
    return kEnvironment;
  }
  const api::Node& status = *answer;
  if (!options.name.empty() && find_vip(status, options.name) == nullptr) {
    err << "keelvip: virtualip \"" << printable(options.name) << "\" not found\n";
    print_refused(status, options.name, err);
    return kNo;
  }
  if (list_at(status, {"items"}).empty()) {
    err << "No VIPs are in force.\n";
  } else {
    print_vips(status, options.name, options.output == "wide", runtime::now().wall, out);
  }
  if (const std::string drained = drain_line(status, runtime::now().wall); !drained.empty()) {
    err << drained << '\n';
  }
  print_refused(status, options.name, err);
  return kOk;
}

int print_objects(const GetOptions& options, std::ostream& out, std::ostream& err) {
  std::string path(kVirtualIps);
  if (!options.name.empty()) {
    path += "/" + url_escaped(options.name);
  }
  const auto answer = ask_agent(options.endpoint, path);
  if (!answer) {
    err << "keelvip: " << answer.error().message << '\n';
    return kEnvironment;
  }
  if (answer->status != 200) {
    err << "keelvip: " << printable(text_at(answer->body, {"message"})) << '\n';
    if (answer->status != 404) {
      return kEnvironment;
    }
    if (const auto status = ask_status(options.endpoint)) {
      print_refused(*status, options.name, err);
    }
    return kNo;
  }
  out << (options.output == "json" ? api::to_json(answer->body, kIndent)
                                   : api::to_yaml(answer->body));
  return kOk;
}

}  // namespace

void print_vips(const api::Node& status, const std::string& name, bool wide, base::WallTime now,
                std::ostream& out) {
  std::vector<std::string> headers{"NAME",     "ADDRESSES", "INTERFACE", "ROLE",
                                   "PRIORITY", "READY",     "REASON",    "AGE"};
  if (wide) {
    for (const char* header : {"NODE", "VRID", "VERSION", "ACTIVE", "SINCE", "CHECKS"}) {
      headers.emplace_back(header);
    }
  }
  Table table(std::move(headers));
  for (const api::Node& vip : list_at(status, {"items"})) {
    if (!name.empty() && text_at(vip, {"metadata", "name"}) != name) {
      continue;
    }
    const auto& nodes = list_at(vip, {"status", "nodes"});
    if (nodes.empty()) {
      table.add_row(row(vip, nothing(), wide, now));
    }
    for (const api::Node& node : nodes) {
      table.add_row(row(vip, node, wide, now));
    }
  }
  table.print(out);
}

int get(const GetOptions& options, std::ostream& out, std::ostream& err) {
  if (options.output == "json" || options.output == "yaml") {
    return print_objects(options, out, err);
  }
  return print_table(options, out, err);
}

}  // namespace keelvip::cmd
