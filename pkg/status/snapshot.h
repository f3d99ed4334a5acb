// Snapshot: everything that the endpoints show, as one immutable value, and no guess among it. The
// controller makes one when something changed and nothing urgent is waiting; httpapi reads the
// latest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/condition.h"
#include "pkg/api/spec_set.h"
#include "pkg/api/virtual_ip.h"
#include "pkg/base/time.h"
#include "pkg/net/family.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/prefix.h"
#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/speaker_report.h"
#include "pkg/vrrp/types.h"

namespace keelvip::status {

/// RFC 9568's states, and Fault: this node cannot take part now, for the reason given beside it.
enum class NodeRole : std::uint8_t { kInitialize, kBackup, kActive, kFault };

inline constexpr std::array kNodeRoles{NodeRole::kInitialize, NodeRole::kBackup, NodeRole::kActive,
                                       NodeRole::kFault};

[[nodiscard]] constexpr std::string_view to_string(NodeRole role) {
  switch (role) {
    case NodeRole::kInitialize:
      return "Initialize";
    case NodeRole::kBackup:
      return "Backup";
    case NodeRole::kActive:
      return "Active";
    case NodeRole::kFault:
      break;
  }
  return "Fault";
}

/// One term of an effective priority: the base comes from the spec, the others from health checks.
struct PriorityTerm {
  std::string source;  // "spec", "nodes[lb-1]", "healthCheck nginx"
  int value = 0;

  friend bool operator==(const PriorityTerm&, const PriorityTerm&) = default;
};

/// A change of role on this node.
struct Transition {
  base::WallTime at;
  net::Family family = net::Family::kIpv4;
  NodeRole from = NodeRole::kInitialize;
  NodeRole to = NodeRole::kInitialize;
  std::string reason;   // one CamelCase word
  std::string message;  // a sentence for people

  friend bool operator==(const Transition&, const Transition&) = default;
};

struct PeerStatus {
  net::IpAddress address;
  std::uint8_t priority = 0;
  base::Centiseconds advert_interval{};
  base::WallTime last_heard;

  friend bool operator==(const PeerStatus&, const PeerStatus&) = default;
};

/// The last advert for a virtual router that was not accepted.
struct RejectedAdvertStatus {
  vrrp::Rejection reason = vrrp::Rejection::kTruncated;
  net::IpAddress source;
  base::WallTime at;

  friend bool operator==(const RejectedAdvertStatus&, const RejectedAdvertStatus&) = default;
};

/// One virtual router: a VIP in one family, on this node.
struct RouterStatus {
  net::Family family = net::Family::kIpv4;
  std::uint8_t vrid = 0;
  std::uint8_t version = 3;
  NodeRole role = NodeRole::kInitialize;
  base::WallTime since;
  std::string reason;   // of the last transition, or of the fault: one CamelCase word
  std::string message;  // a sentence for people
  std::uint8_t effective_priority = 0;
  std::vector<PriorityTerm> priority_terms;
  std::string interface;       // empty: not known yet
  std::string source_address;  // empty: none
  base::Centiseconds advert_interval{};
  /// Backup that waits to preempt (Delayed): when it may.
  std::optional<base::WallTime> preempt_not_before;
  std::vector<net::Prefix> addresses;  // those of the VIP that are really on the interface
  std::vector<PeerStatus> peers;       // most recently heard first
  std::optional<RejectedAdvertStatus> last_rejected;
  vrrp::RouterStatistics statistics;
  /// How often each role was entered on this node, Fault included; indexed by NodeRole. Only grows
  /// (the list of transitions is short, so counters cannot be made from it).
  std::array<std::uint64_t, kNodeRoles.size()> entered{};

  friend bool operator==(const RouterStatus&, const RouterStatus&) = default;
};

struct CheckStatus {
  std::string name;
  std::string kind;      // "httpGet", "tcpSocket", "exec"
  std::string verdict;   // "Unknown", "Healthy", "Unhealthy"
  std::string action;    // "Withdraw" or "LowerPriority by 60"
  base::WallTime since;  // of the verdict
  std::string last_reason;
  base::Duration last_took{};
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;

  friend bool operator==(const CheckStatus&, const CheckStatus&) = default;
};

struct VipStatus {
  std::shared_ptr<const api::VirtualIp> resource;
  std::vector<api::Condition> conditions;
  std::vector<RouterStatus> routers;  // one per family of its addresses; none: not for this node
  std::vector<CheckStatus> checks;
  std::vector<Transition> transitions;  // oldest first, the last kMaxTransitions
};

inline constexpr std::size_t kMaxTransitions = 16;

struct SpecStatus {
  std::string source;  // the directory
  std::uint64_t revision = 0;
  bool last_reload_successful = false;  // no document was refused
  base::WallTime last_reload;
  std::vector<api::Rejected> rejected;
};

/// Whether somebody has taken the node out of service for a while, and where that is written down.
struct DrainStatus {
  bool drained = false;
  base::WallTime since;  // while drained
  std::string reason;    // in the words of whoever drained it; empty: none given
  std::string file;      // the file whose presence drains the node; empty: there is none
  std::string problem;   // why the file cannot be looked at or written; empty: it can

  friend bool operator==(const DrainStatus&, const DrainStatus&) = default;
};

struct KernelStatus {
  std::uint64_t resyncs = 0;
  std::uint64_t overruns = 0;
  std::uint64_t addresses_added = 0;
  std::uint64_t addresses_removed = 0;
  std::uint64_t addresses_repaired = 0;  // added again because somebody had removed them
  std::uint64_t strays_removed = 0;      // ours, but of no VIP that this node holds
  std::uint64_t step_failures = 0;
};

/// The process that does the work, under its guard.
struct WorkerStatus {
  std::uint64_t restarts = 0;  // workers that died before this one
  std::string last_death;      // "killed by SIGKILL"; empty: none did
  base::WallTime last_death_at;
  /// Active routers and addresses of which the guard would not know what to do: it has no room.
  std::uint64_t unguarded_routers = 0;
  std::uint64_t unguarded_addresses = 0;
};

struct Snapshot {
  std::string node;
  std::string version;  // of the program
  std::string commit;
  base::Now taken;
  base::WallTime started;
  std::vector<VipStatus> vips;  // sorted by name
  SpecStatus specs;
  DrainStatus drain;
  vrrp::SpeakerStatistics speaker;
  vrrp::LatenessHistogram lateness;
  vrrp::LinkLosses losses;
  KernelStatus kernel;
  WorkerStatus worker;
};

}  // namespace keelvip::status
