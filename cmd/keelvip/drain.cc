#include "cmd/keelvip/drain.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <ostream>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/exit_code.h"
#include "cmd/keelvip/table.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::cmd {
namespace {

constexpr base::Duration kPollPeriod = std::chrono::milliseconds(100);
// One that starts answers sooner; one whose workers keep dying may not.
constexpr base::Duration kPatience = std::chrono::seconds(3);

using Names = std::set<std::string>;

std::string name_of(const api::Node& vip) {
  return text_at(vip, {"metadata", "name"});
}

/// This node's entry of the object's status; nullptr if it takes no part.
const api::Node* own_entry(const api::Node& vip, const api::Node& status) {
  return find_by(list_at(vip, {"status", "nodes"}), "name", text_at(status, {"node"}));
}

bool is_active(const api::Node& entry) {
  return find_by(list_at(entry, {"routers"}), "role", "Active") != nullptr;
}

bool owns_addresses(const api::Node& entry) {
  return text_at(entry, {"effectivePriority"}) == "255";
}

Names active_vips(const api::Node& status) {
  Names names;
  for (const api::Node& vip : list_at(status, {"items"})) {
    const api::Node* entry = own_entry(vip, status);
    if (entry != nullptr && is_active(*entry)) {
      names.insert(name_of(vip));
    }
  }
  return names;
}

/// The VIPs that are still on this node. One that was never Active here may have an address that
/// somebody else configured; that is not the agent's to give away.
Names vips_here(const api::Node& status, const Names& were_active) {
  Names names = active_vips(status);
  for (const api::Node& vip : list_at(status, {"items"})) {
    const api::Node* entry = own_entry(vip, status);
    if (entry != nullptr && were_active.contains(name_of(vip)) && !owns_addresses(*entry) &&
        !list_at(*entry, {"addresses"}).empty()) {
      names.insert(name_of(vip));
    }
  }
  return names;
}

bool says_drained(const api::Node& status) {
  return text_at(status, {"drain", "drained"}) == "true";
}

bool looks_elsewhere(const api::Node& status, const drain::DrainFile& file) {
  const std::string looks_at = text_at(status, {"drain", "file"});
  return !looks_at.empty() && looks_at != file.path();
}

/// Why the agent does not see what we wrote; empty if it does.
std::string blindness(const api::Node& status, const drain::DrainFile& file) {
  const std::string looks_at = text_at(status, {"drain", "file"});
  if (looks_at.empty()) {
    return "the agent does not know of draining: it is of an older version, restart it";
  }
  if (looks_at != file.path()) {
    return fmt::format("the agent looks at {}, not at {}: name its directory with --state",
                       looks_at, file.path());
  }
  return fmt::format("the agent does not see the change of {}: {}", file.path(),
                     text_at(status, {"drain", "problem"}));
}

/// What was last heard of the agent.
using Hearing = base::Result<api::Node>;

/// Asks the agent until `done` is content with an answer, the wait is over, there is no agent, or
/// none that answers.
template <typename Done>
Hearing follow(const DrainOptions& options, Done done) {
  const base::Instant until = runtime::monotonic_now() + options.wait;
  base::Instant silent_since = runtime::monotonic_now();
  runtime::EventLoop pause;
  while (true) {
    Hearing heard = ask_status(options.endpoint);
    const base::Instant now = runtime::monotonic_now();
    silent_since = heard ? now : silent_since;
    const bool over =
        heard ? done(*heard) : !options.agent_runs() || now - silent_since >= kPatience;
    if (over || now >= until) {
      return heard;
    }
    pause.wait(std::min(until, now + kPollPeriod));
  }
}

/// What was done to the file, and what comes of it.
struct Deed {
  std::string_view done;
  std::string_view consequence;
};

int tell_silence(const DrainOptions& options, const drain::DrainFile& file, const Hearing& heard,
                 const Deed& deed, std::ostream& out, std::ostream& err) {
  if (!options.agent_runs()) {
    out << "No agent runs here: " << deed.consequence << " when one starts.\n";
    return kOk;
  }
  err << "keelvip: " << file.path() << ' ' << deed.done << ", and " << deed.consequence
      << " once the agent that runs here has seen it; whether it has is not known: "
      << heard.error().message << '\n';
  return kEnvironment;
}

/// Who was heard as its successor while the router of this node handed over.
std::string successor(const api::Node& entry) {
  for (const api::Node& router : list_at(entry, {"routers"})) {
    for (const api::Node& peer : list_at(router, {"peers"})) {
      // Both in UTC, in one format.
      if (text_at(peer, {"priority"}) != "0" &&
          text_at(peer, {"lastHeard"}) >= text_at(router, {"since"})) {
        return text_at(peer, {"address"});
      }
    }
  }
  return {};
}

/// Whether somebody has it now.
bool tell_given_away(const api::Node& status, const std::string& name, std::ostream& out) {
  const api::Node* vip = find_vip(status, name);
  const api::Node* entry = vip != nullptr ? own_entry(*vip, status) : nullptr;
  if (entry != nullptr && owns_addresses(*entry)) {
    out << printable(name) << ": no longer advertised; this node owns "
        << printable(joined(list_at(*entry, {"addresses"})))
        << " (priority 255), so that stays until you remove it\n";
    return true;
  }
  const std::string taker = entry != nullptr ? successor(*entry) : "";
  out << printable(name)
      << (taker.empty() ? ": NOBODY has taken it: no other node was heard"
                        : ": given away to " + printable(taker))
      << '\n';
  return !taker.empty();
}

int tell_not_drained(const api::Node& status, const drain::DrainFile& file, const Names& here,
                     std::ostream& err) {
  if (!says_drained(status)) {
    err << "keelvip: " << printable(blindness(status, file)) << '\n';
    return kNo;
  }
  for (const std::string& name : here) {
    const api::Node* vip = find_vip(status, name);
    const api::Node* ready = vip != nullptr
                                 ? find_by(list_at(*vip, {"status", "conditions"}), "type", "Ready")
                                 : nullptr;
    err << printable(name)
        << ": still here: " << (ready != nullptr ? printable(text_at(*ready, {"message"})) : "")
        << '\n';
  }
  err << "keelvip: the node is drained, but holds VIPs still\n";
  return kNo;
}

int number_at(const api::Node& node, std::initializer_list<std::string_view> path) {
  const std::string text = text_at(node, path);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Whether it is still open if the node can take part in the VIP of this entry.
bool is_open(const api::Node& entry) {
  return text_at(entry, {"role"}) == "Initialize" ||
         text_at(entry, {"reason"}) == "HealthCheckPending";
}

/// The VIPs that are for this node, and in which it takes no part.
Names missed_vips(const api::Node& status) {
  Names names;
  for (const api::Node& vip : list_at(status, {"items"})) {
    const api::Node* entry = own_entry(vip, status);
    if (entry != nullptr && (is_open(*entry) || text_at(*entry, {"role"}) == "Fault")) {
      names.insert(name_of(vip));
    }
  }
  return names;
}

/// Whom `router`, a Backup of `vip`, leaves the addresses to; nullptr as long as it may become
/// Active any moment.
const api::Node* superior(const api::Node& vip, const api::Node& router) {
  const auto& peers = list_at(router, {"peers"});
  const bool yields = text_at(vip, {"spec", "preemption", "mode"}) == "Never" ||
                      at(router, {"preemptNotBefore"}) != nullptr;
  const auto holds = [&](const api::Node& peer) {
    const int priority = number_at(peer, {"priority"});
    // The times are both in UTC, in one format.
    return priority != 0 && text_at(peer, {"lastHeard"}) >= text_at(router, {"since"}) &&
           (yields || priority >= number_at(router, {"effectivePriority"}));
  };
  const auto found = std::ranges::find_if(peers, holds);
  return found != peers.end() ? &*found : nullptr;
}

/// The Backup among the routers of the node's entry, of two one that may become Active any moment;
/// nullptr if the node is not one.
const api::Node* backup(const api::Node& vip, const api::Node& entry) {
  const api::Node* found = nullptr;
  if (text_at(entry, {"role"}) != "Backup") {
    return found;
  }
  for (const api::Node& router : list_at(entry, {"routers"})) {
    if (text_at(router, {"role"}) == "Backup" &&
        (found == nullptr || superior(vip, router) == nullptr)) {
      found = &router;
    }
  }
  return found;
}

bool is_decided(const api::Node& status) {
  return std::ranges::all_of(list_at(status, {"items"}), [&](const api::Node& vip) {
    const api::Node* entry = own_entry(vip, status);
    const api::Node* router = entry != nullptr ? backup(vip, *entry) : nullptr;
    const bool open = entry != nullptr && is_open(*entry);
    return !open && (router == nullptr || superior(vip, *router) != nullptr);
  });
}

std::string describe_backup(const api::Node& vip, const api::Node& router) {
  const api::Node* holder = superior(vip, router);
  if (holder == nullptr) {
    return "It takes part; who shall hold the addresses is not decided yet.";
  }
  std::string next;
  if (const std::string at = text_at(router, {"preemptNotBefore"}); !at.empty()) {
    next = fmt::format(" This node takes over at {}, not before (spec.preemption).", at);
  } else if (text_at(vip, {"spec", "preemption", "mode"}) == "Never") {
    next = " It keeps them while it can (spec.preemption).";
  }
  return fmt::format("{} holds the addresses, with priority {}; this node has {}.{}",
                     text_at(*holder, {"address"}), text_at(*holder, {"priority"}),
                     text_at(router, {"effectivePriority"}), next);
}

void tell_roles(const api::Node& status, std::ostream& out) {
  for (const api::Node& vip : list_at(status, {"items"})) {
    const api::Node* entry = own_entry(vip, status);
    if (entry != nullptr) {
      const api::Node* router = backup(vip, *entry);
      out << printable(name_of(vip)) << ": " << printable(text_at(*entry, {"role"})) << ": "
          << printable(router != nullptr ? describe_backup(vip, *router)
                                         : text_at(*entry, {"message"}))
          << '\n';
    }
  }
}

}  // namespace

int drain(const DrainOptions& options, std::ostream& out, std::ostream& err) {
  const drain::DrainFile file(options.state_directory);
  const bool waits = options.wait > base::Duration{};
  const auto order = file.read();
  const bool drained_before = !order || order->drained;
  const Hearing before = waits ? ask_status(options.endpoint) : Hearing{};
  Names were_active = before ? active_vips(*before) : Names{};
  if (before && looks_elsewhere(*before, file)) {
    err << "keelvip: " << printable(blindness(*before, file)) << '\n';
    return kNo;
  }
  if (const auto written = file.write(options.reason); !written) {
    err << "keelvip: " << written.error().message << '\n';
    return kEnvironment;
  }
  if (!waits) {
    out << file.path() << " says that this node is drained.\n";
    return kOk;
  }
  Names told;
  bool taken = true;
  Names here = were_active;
  const Hearing heard = follow(options, [&](const api::Node& status) {
    were_active.merge(active_vips(status));
    here = vips_here(status, were_active);
    for (const std::string& name : were_active) {
      if (says_drained(status) && !here.contains(name) && told.insert(name).second) {
        taken = tell_given_away(status, name, out) && taken;
      }
    }
    out.flush();
    return looks_elsewhere(status, file) || (says_drained(status) && here.empty());
  });
  if (!heard) {
    return tell_silence(options, file, heard, {"is written", "this node will be drained"}, out,
                        err);
  }
  if (looks_elsewhere(*heard, file)) {
    if (!drained_before) {
      (void)file.remove();  // it would drain an agent that somebody starts with this directory
    }
    err << "keelvip: " << printable(blindness(*heard, file)) << '\n';
    return kNo;
  }
  if (!says_drained(*heard) || !here.empty()) {
    return tell_not_drained(*heard, file, here, err);
  }
  out << printable(text_at(*heard, {"node"}))
      << " is drained and holds no VIP until `keelvip undrain`.\n";
  return taken ? kOk : kNo;
}

int undrain(const DrainOptions& options, std::ostream& out, std::ostream& err) {
  const drain::DrainFile file(options.state_directory);
  const Hearing before = options.wait > base::Duration{} ? ask_status(options.endpoint) : Hearing{};
  if (before && looks_elsewhere(*before, file)) {
    err << "keelvip: " << printable(blindness(*before, file)) << '\n';
    return kNo;
  }
  if (const auto removed = file.remove(); !removed) {
    err << "keelvip: " << removed.error().message << '\n';
    return kEnvironment;
  }
  if (options.wait == base::Duration{}) {
    out << file.path() << " is not there: this node is not drained.\n";
    return kOk;
  }
  const Hearing heard = follow(options, [&](const api::Node& status) {
    return looks_elsewhere(status, file) || (!says_drained(status) && is_decided(status));
  });
  if (!heard) {
    return tell_silence(options, file, heard, {"is not there", "this node will take part"}, out,
                        err);
  }
  if (says_drained(*heard) || looks_elsewhere(*heard, file)) {
    err << "keelvip: " << printable(blindness(*heard, file)) << '\n';
    return kNo;
  }
  tell_roles(*heard, out);
  const std::string node = printable(text_at(*heard, {"node"}));
  if (const Names missed = missed_vips(*heard); !missed.empty()) {
    err << "keelvip: " << node << " is not drained any more, but takes no part in "
        << printable(fmt::format("{}", fmt::join(missed, ", "))) << '\n';
    return kNo;
  }
  out << node << " is not drained.\n";
  return kOk;
}

}  // namespace keelvip::cmd
