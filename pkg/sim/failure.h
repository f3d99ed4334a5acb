// Failure: one thing that breaks in a laid-out cluster, and stays broken. The list of all of them
// is what `keelvip simulate` goes through. Values; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/sim/layout.h"
#include "pkg/sim/world.h"

namespace keelvip::sim {

enum class FailureKind : std::uint8_t {
  kPowerCut,     // the whole host is gone, without a word
  kStopped,      // somebody stops the agent, which says goodbye
  kAgentKilled,  // the agent and its guard are gone, the host and its addresses stay
  kLinkDown,     // an interface loses its carrier
  kCutOff,       // an interface keeps its carrier, and nothing gets through
  kCheckFails,   // a health check fails on one host
};

struct Failure {
  FailureKind kind = FailureKind::kPowerCut;
  std::size_t host = 0;
  std::size_t lan = 0;    // kLinkDown, kCutOff
  std::size_t vip = 0;    // kCheckFails
  std::size_t check = 0;  // kCheckFails

  /// No agent is left on the host.
  [[nodiscard]] bool ends_agent() const { return kind <= FailureKind::kAgentKilled; }
  /// The host is out of the LAN, or has no agent.
  [[nodiscard]] bool takes(std::size_t which, std::size_t from_lan) const {
    return host == which && (ends_agent() || (kind != FailureKind::kCheckFails && lan == from_lan));
  }
};

/// "PowerCut", "Stopped", ...
[[nodiscard]] std::string_view to_string(FailureKind kind);

/// Host by host, in the order of FailureKind.
[[nodiscard]] std::vector<Failure> all_failures(const Layout& layout,
                                                std::span<const api::VirtualIp> vips);

/// Whether the two are more than one of them: where no agent or no link is left, nothing else
/// matters.
[[nodiscard]] bool add_up(const Failure& one, const Failure& other);

/// "lb-1 loses power", "lb-2: check web/nginx fails".
[[nodiscard]] std::string describe(const Failure& failure, const Layout& layout,
                                   std::span<const api::VirtualIp> vips);

/// Lets it happen. The caller settles the world afterwards.
void strike(World& world, const Failure& failure, const Layout& layout,
            std::span<const api::VirtualIp> vips);

}  // namespace keelvip::sim
