#include "cmd/keelvip/describe.h"

#include <ostream>
#include <sstream>
#include <string_view>
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

constexpr std::size_t kIndent = 2;

void print_field(std::ostream& out, std::string_view name, const std::string& value,
                 std::size_t indent = 0) {
  constexpr std::size_t kColumn = 21;
  const std::string label = fmt::format("{}{}:", std::string(indent, ' '), name);
  out << label << std::string(label.size() < kColumn ? kColumn - label.size() : 1, ' ')
      << (value.empty() ? "<none>" : printable(value)) << '\n';
}

/// A heading and its table; nothing but "<none>" when the table is empty.
void print_section(std::ostream& out, std::string_view name, const Table& table) {
  if (table.empty()) {
    print_field(out, name, "");
    return;
  }
  out << name << ":\n";
  table.print(out, kIndent);
}

std::string labels_of(const api::Node& vip, std::string_view kind) {
  std::string text;
  const api::Node* found = at(vip, {"metadata", kind});
  if (found != nullptr && found->object() != nullptr) {
    for (const api::Member& member : *found->object()) {
      text +=
          fmt::format("{}{}={}", text.empty() ? "" : ",", member.key, text_at(member.value, {}));
    }
  }
  return text;
}

void print_spec(const api::Node& vip, std::ostream& out) {
  out << "Spec:\n";
  const api::Node* spec = at(vip, {"spec"});
  std::istringstream lines(spec == nullptr ? "" : api::to_yaml(*spec));
  for (std::string line; std::getline(lines, line);) {
    out << std::string(kIndent, ' ') << line << '\n';
  }
}

void print_conditions(const api::Node& vip, base::WallTime now, std::ostream& out) {
  Table table({"TYPE", "STATUS", "REASON", "AGE", "MESSAGE"});
  for (const api::Node& condition : list_at(vip, {"status", "conditions"})) {
    table.add_row({text_at(condition, {"type"}), text_at(condition, {"status"}),
                   text_at(condition, {"reason"}),
                   age_since(text_at(condition, {"lastTransitionTime"}), now),
                   text_at(condition, {"message"})});
  }
  print_section(out, "Conditions", table);
}

/// "40 = 100 (nodes[lb-1]) - 60 (healthCheck nginx)"
std::string priority_sum(const api::Node& node) {
  std::string text = text_at(node, {"effectivePriority"});
  std::string_view separator = " = ";
  for (const api::Node& term : list_at(node, {"priorityTerms"})) {
    std::string value = text_at(term, {"value"});
    if (separator != " = ") {
      const bool negative = value.starts_with('-');
      separator = negative ? " - " : " + ";
      value.erase(0, negative ? 1 : 0);
    }
    text += fmt::format("{}{} ({})", separator, value, text_at(term, {"source"}));
    separator = " + ";
  }
  return text;
}

std::string milliseconds(const api::Node& node, std::string_view name) {
  const std::string number = text_at(node, {name});
  return number.empty() ? number : number + " ms";
}

std::string ago(const std::string& time, base::WallTime now) {
  const std::string age = age_since(time, now);
  return age.empty() ? age : age + " ago";
}

void print_routers(const api::Node& node, base::WallTime now, std::ostream& out) {
  Table routers({"FAMILY", "ROLE", "VRID", "VERSION", "PRIORITY", "INTERVAL", "SOURCE", "ADDRESSES",
                 "PREEMPTS"});
  Table peers({"FAMILY", "ADDRESS", "PRIORITY", "INTERVAL", "LAST HEARD"});
  Table refused({"FAMILY", "SOURCE", "REASON", "HEARD"});
  for (const api::Node& router : list_at(node, {"routers"})) {
    const std::string family = text_at(router, {"family"});
    const auto preempts = parse_time(text_at(router, {"preemptNotBefore"}));
    routers.add_row({family, text_at(router, {"role"}), text_at(router, {"virtualRouterID"}),
                     text_at(router, {"vrrpVersion"}), text_at(router, {"effectivePriority"}),
                     milliseconds(router, "advertIntervalMilliseconds"),
                     text_at(router, {"sourceAddress"}), joined(list_at(router, {"addresses"})),
                     preempts ? "in " + describe_age(*preempts - now) : ""});
    for (const api::Node& peer : list_at(router, {"peers"})) {
      peers.add_row({family, text_at(peer, {"address"}), text_at(peer, {"priority"}),
                     milliseconds(peer, "advertIntervalMilliseconds"),
                     ago(text_at(peer, {"lastHeard"}), now)});
    }
    if (const api::Node* last = at(router, {"lastRejected"})) {
      refused.add_row({family, text_at(*last, {"source"}), text_at(*last, {"reason"}),
                       ago(text_at(*last, {"time"}), now)});
    }
  }
  print_section(out, "Routers", routers);
  print_section(out, "Peers", peers);
  if (!refused.empty()) {
    print_section(out, "Last refused advert", refused);
  }
}

void print_checks(const api::Node& node, base::WallTime now, std::ostream& out) {
  Table checks({"NAME", "KIND", "VERDICT", "AGE", "OK", "FAILED", "ON FAILURE", "LAST RESULT"});
  for (const api::Node& check : list_at(node, {"checks"})) {
    checks.add_row({text_at(check, {"name"}), text_at(check, {"kind"}), text_at(check, {"verdict"}),
                    age_since(text_at(check, {"since"}), now), text_at(check, {"successes"}),
                    text_at(check, {"failures"}), text_at(check, {"onFailure"}),
                    text_at(check, {"lastReason"})});
  }
  print_section(out, "Checks", checks);
}

/// The newest first: that is the one asked about.
void print_transitions(const api::Node& node, base::WallTime now, std::ostream& out) {
  Table table({"AGE", "FAMILY", "FROM", "TO", "REASON", "MESSAGE"});
  const auto& transitions = list_at(node, {"transitions"});
  for (auto entry = transitions.rbegin(); entry != transitions.rend(); ++entry) {
    table.add_row({age_since(text_at(*entry, {"time"}), now), text_at(*entry, {"family"}),
                   text_at(*entry, {"from"}), text_at(*entry, {"to"}), text_at(*entry, {"reason"}),
                   text_at(*entry, {"message"})});
  }
  print_section(out, "Transitions", table);
}

void print_node(const api::Node& node, base::WallTime now, std::ostream& out) {
  print_field(out, "Node", text_at(node, {"name"}));
  const std::string since = text_at(node, {"since"});
  print_field(out, "Role",
              text_at(node, {"role"}) +
                  (since.empty() ? "" : fmt::format(" for {}", age_since(since, now))));
  print_field(out, "Reason", text_at(node, {"reason"}));
  print_field(out, "Message", text_at(node, {"message"}));
  print_field(out, "Interface", text_at(node, {"interface"}));
  print_field(out, "Addresses here", joined(list_at(node, {"addresses"})));
  print_field(out, "Priority", priority_sum(node));
  print_routers(node, now, out);
  print_checks(node, now, out);
  print_transitions(node, now, out);
}

/// Says that counters and ages began anew, and why; empty if no worker died.
std::string last_death_line(const api::Node& status, base::WallTime now) {
  const std::string reason = text_at(status, {"worker", "lastDeath"});
  if (reason.empty()) {
    return {};
  }
  const std::string restarts = text_at(status, {"worker", "restarts"});
  return printable(fmt::format("The worker was replaced {}, last {}: {}",
                               restarts == "1" ? "once" : restarts + " times",
                               ago(text_at(status, {"worker", "lastDeathTime"}), now), reason));
}

}  // namespace

void print_description(const api::Node& vip, base::WallTime now, std::ostream& out) {
  print_field(out, "Name", text_at(vip, {"metadata", "name"}));
  print_field(out, "Labels", labels_of(vip, "labels"));
  print_field(out, "Annotations", labels_of(vip, "annotations"));
  print_field(out, "Generation", text_at(vip, {"metadata", "generation"}));
  print_spec(vip, out);
  print_conditions(vip, now, out);
  const auto& nodes = list_at(vip, {"status", "nodes"});
  if (nodes.empty()) {
    print_field(out, "Node", "");
  }
  for (const api::Node& node : nodes) {
    print_node(node, now, out);
  }
}

int describe(const DescribeOptions& options, std::ostream& out, std::ostream& err) {
  const auto status = ask_status(options.endpoint);
  if (!status) {
    err << "keelvip: " << status.error().message << '\n';
    return kEnvironment;
  }
  const api::Node* vip = find_vip(*status, options.name);
  if (vip == nullptr) {
    err << "keelvip: virtualip \"" << printable(options.name) << "\" not found\n";
    print_refused(*status, options.name, err);
    return kNo;
  }
  print_description(*vip, runtime::now().wall, out);
  if (const std::string drained = drain_line(*status, runtime::now().wall); !drained.empty()) {
    out << drained << '\n';
  }
  if (const std::string death = last_death_line(*status, runtime::now().wall); !death.empty()) {
    out << death << '\n';
  }
  print_refused(*status, options.name, out);
  return kOk;
}

}  // namespace keelvip::cmd
