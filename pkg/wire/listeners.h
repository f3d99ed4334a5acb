// Listeners: sockets in VRRP's multicast groups, one for each interface and family, so that a flood
// on one cannot crowd out another. Joining a group and leaving it wait for the kernel's routing
// lock, which others may hold for seconds; so the agent's listen thread has the Listeners, and the
// speaker thread's Receiver only reads what it is told of.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::wire {

/// Where to listen: the VRRP group of `family` (224.0.0.18 or ff02::12) on one interface.
struct ListenTarget {
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  /// Another number: the group is joined anew.
  std::uint32_t joining = 0;

  friend auto operator<=>(const ListenTarget&, const ListenTarget&) = default;
};

/// Why nothing is heard there. kRetry: the interface is absent or has no IPv6 at the moment.
/// kReport: this process may not (CAP_NET_RAW).
struct ListenFailure {
  ListenTarget target;
  base::Error error;

  friend bool operator==(const ListenFailure&, const ListenFailure&) = default;
};

/// A socket in a group. The descriptor belongs to the Listeners.
struct GroupSocket {
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  int fd = -1;

  friend bool operator==(const GroupSocket&, const GroupSocket&) = default;
};

/// What can be read, and what cannot.
struct Hearing {
  std::uint64_t revision = 0;  // from 1
  std::vector<GroupSocket> sockets;
  std::vector<ListenFailure> failures;
};

class Listeners {
 public:
  /// Joins what is missing for `targets`, of which no two have the same interface and family, also
  /// what failed before, and leaves what is surplus. In the network namespace of the calling
  /// thread. Returns whether the hearing differs.
  bool listen(std::span<const ListenTarget> targets);

  [[nodiscard]] const Hearing& hearing() const { return hearing_; }

  /// Closes what was left out by this revision of the hearing or before: its reader has this one.
  void close_left_out(std::uint64_t revision);

 private:
  struct Listener {
    ListenTarget target;
    runtime::UniqueFd fd;
  };
  struct LeftOut {
    runtime::UniqueFd fd;
    std::uint64_t since = 0;
  };

  void leave_surplus(std::span<const ListenTarget> targets);
  base::Result<void> join(const ListenTarget& target);
  void leave_out(Listener& listener);

  std::vector<Listener> listeners_;  // in their groups
  std::vector<LeftOut> left_out_;
  Hearing hearing_;
};

}  // namespace keelvip::wire
