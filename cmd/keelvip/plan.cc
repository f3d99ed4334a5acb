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

}  // namespace

int plan(const PlanOptions& options, std::ostream& out, std::ostream& err) {
  const auto specs =
      specfile::SpecDirectory::open(options.config_directory, runtime::monotonic_now());
  if (!specs) {
    err << "keelvip: " << specs.error().message << "\n";
    return kEnvironment;
  }
  auto kernel = kernel::Kernel::open();
  if (!kernel) {
    err << "keelvip: " << kernel.error().message << "\n";
    return kEnvironment;
  }
  std::vector<reconcile::ActiveRouter> active;
  if (const auto answer = ask_agent(options.endpoint, "/status"); answer && answer->status == 200) {
    active = active_routers(answer->body);
  } else {
    out << "No agent answers at " << options.endpoint
        << ": this is what one would do when it starts.\n";
  }
  for (const std::string& error : specfile::describe_errors(*specs->current())) {
    err << error << "\n";
  }
  const net::HostFacts& facts = kernel->facts();
  out << reconcile::to_text(
      reconcile::make_preview(specs->current(), options.node_name, facts, active), facts);
  return specs->current()->rejected.empty() ? kOk : kNo;
}

}  // namespace keelvip::cmd
