#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/client.h"
#include "cmd/keelvip/commands.h"
#include "pkg/kernel/kernel.h"
#include "pkg/reconcile/preview.h"
#include "pkg/runtime/clock.h"
#include "pkg/specfile/spec_directory.h"
#include "pkg/specfile/validate.h"

namespace keelvip::cmd {
namespace {

/// The virtual routers that `status`, an answer of /status, says are Active.
std::vector<reconcile::ActiveRouter> active_routers(const api::Node& status) {
  std::vector<reconcile::ActiveRouter> active;
  for (const api::Node& vip : list_at(status, {"items"})) {
    for (const api::Node& node : list_at(vip, {"status", "nodes"})) {
      for (const api::Node& router : list_at(node, {"routers"})) {
        if (text_at(router, {"role"}) == "Active") {
          active.push_back(
              {text_at(vip, {"metadata", "name"}),
               text_at(router, {"family"}) == "IPv6" ? net::Family::kIpv6 : net::Family::kIpv4});
        }
      }
    }
  }
  return active;
}

void keep_addresses(const api::Node& vip, reconcile::Plan& plan) {
  for (const api::Node& node : list_at(vip, {"status", "nodes"})) {
    for (const api::Node& address : list_at(node, {"addresses"})) {
      std::erase_if(plan.steps, [&](const reconcile::Step& step) {
        return step.reason == reconcile::StepReason::kNotAVirtualAddress &&
               step.change.prefix.to_string() == text_at(address, {});
      });
    }
  }
}

/// A running agent keeps the older version of what is refused, so nothing of it would go. Takes
/// that out of `plan` and returns the names.
std::vector<std::string> keep_older_versions(const api::Node& status, const api::SpecSet& specs,
                                             reconcile::Plan& plan) {
  std::vector<std::string> kept;
  for (const api::Node& vip : list_at(status, {"items"})) {
    const std::string name = text_at(vip, {"metadata", "name"});
    const bool accepted = std::ranges::any_of(
        specs.accepted, [&](const api::VirtualIp& one) { return one.metadata.name == name; });
    if (!accepted && !specs.rejected.empty()) {
      kept.push_back(name);
      keep_addresses(vip, plan);
    }
  }
  return kept;
}

/// A running agent knows best; before it starts the file decides.
bool is_drained(const PlanOptions& options, const api::Node& status) {
  if (const std::string drained = text_at(status, {"drain", "drained"}); !drained.empty()) {
    return drained == "true";
  }
  const auto order = drain::DrainFile(options.state_directory).read();
  return order && order->drained;
}

}  // namespace

int plan(const PlanOptions& options, std::ostream& out, std::ostream& err) {
  const auto specs =
      specfile::SpecDirectory::open(options.config_directory, runtime::monotonic_now());
  if (!specs) {
    err << "keelvip: " << specs.error().message << "\n";
    return kEnvironment;
  }
  const auto answer = ask_status(options.endpoint);
  if (!answer && options.agent_runs()) {
    err << "keelvip: an agent runs here, but what it holds is not known: " << answer.error().message
        << "\n";
    return kEnvironment;
  }
  auto kernel = kernel::Kernel::open();
  if (!kernel) {
    err << "keelvip: " << kernel.error().message << "\n";
    return kEnvironment;
  }
  if (!answer) {
    out << "No agent runs here: this is what one would do when it starts.\n";
  }
  const api::Node status = answer.value_or(api::Node{});
  std::string node = options.node_name.empty() ? text_at(status, {"node"}) : options.node_name;
  if (node.empty()) {
    node = options.default_node_name;
  }
  const api::SpecSet& read = *specs->current();
  for (const std::string& error : specfile::describe_errors(read)) {
    err << error << "\n";
  }
  const net::HostFacts& facts = kernel->facts();
  reconcile::Preview preview = reconcile::make_preview(
      specs->current(), node, facts, active_routers(status), is_drained(options, status));
  for (const std::string& name : keep_older_versions(status, read, preview.plan)) {
    out << name << ": its newer text is refused; the version before it stays in force\n";
  }
  out << reconcile::to_text(preview, facts);
  if (specs->unread() > 0) {
    return kEnvironment;
  }
  return read.rejected.empty() ? kOk : kNo;
}

}  // namespace keelvip::cmd
