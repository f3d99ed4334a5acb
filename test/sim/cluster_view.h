// ClusterView: what is true of a simulated cluster, folded from what happened: who lives, who is
// Active, by which settings. All checkers of a run read it; none of them asks the code under test.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/sim/happening.h"
#include "pkg/sim/world.h"
#include "schedule.h"

namespace keelvip::sim {

inline constexpr std::size_t kMaxNodes = 4;
/// Virtual routers of a schedule: three VIPs in two families.
inline constexpr std::size_t kSlots = 6;

/// kSlots for a virtual router that is not in the schedule.
[[nodiscard]] constexpr std::size_t slot_of(vrrp::VirtualRouterId vrid, net::Family family) {
  const auto vip = static_cast<std::size_t>(vrid.value) - vrid_of(0);
  return vip * 2 < kSlots ? vip * 2 + (family == net::Family::kIpv6 ? 1 : 0) : kSlots;
}

/// One virtual router on one node, with what its last config says.
struct RouterView {
  bool configured = false;
  bool participates = false;
  bool hands_over = false;
  vrrp::Role role = vrrp::Role::kInitialize;
  vrrp::Version version = vrrp::Version::kV3;
  std::uint8_t priority = 0;
  base::Centiseconds interval{};
  vrrp::Preemption preemption;
  net::InterfaceIndex interface;
  net::IpAddress primary;
  std::optional<vrrp::SimpleText> password;

  /// Whether the adverts of `other` pass the checks of this one (RFC 9568 7.1, RFC 3768 7.1).
  [[nodiscard]] bool accepts(const RouterView& other) const {
    return version == other.version && password == other.password &&
           (version == vrrp::Version::kV3 || interval == other.interval);
  }
};

struct NodeView {
  bool alive = false;
  bool frozen = false;
  base::Instant disturbed_until{};  // of its own time, nothing is demanded of it before
  base::Instant resumed{};          // local: it last went on after a freeze
  std::array<RouterView, kSlots> routers;
};

/// An advert as a checker reads it, with a parser of its own.
struct AdvertView {
  std::size_t slot = kSlots;
  std::uint8_t version = 0;
  std::uint8_t priority = 0;
  base::Centiseconds interval{};
  net::IpAddress source;
  std::optional<vrrp::SimpleText> password;
};

/// `packet` begins with the IPv4 header, or with the VRRP message of IPv6.
[[nodiscard]] AdvertView read_advert(std::span<const std::byte> packet, net::Family family,
                                     const net::IpAddress& source);

class ClusterView {
 public:
  explicit ClusterView(std::size_t count) : nodes(count) {}

  std::vector<NodeView> nodes;
  /// The slots whose settings the last ConfigAdopted changed, by bit.
  std::uint32_t settings_changed = 0;

  void see(const Happening& happening);

 private:
  void adopt(NodeView& node, const vrrp::SpeakerConfig& config);
};

/// What a checker found wrong.
struct Violation {
  const char* checker = "";
  base::Instant at;
  std::string text;
};

/// Where checkers report to. The first violation ends a run.
class Findings {
 public:
  void report(const char* checker, base::Instant at, std::string text) {
    if (!first_) {
      first_ = Violation{checker, at, std::move(text)};
    }
  }
  [[nodiscard]] const std::optional<Violation>& first() const { return first_; }

 private:
  std::optional<Violation> first_;
};

}  // namespace keelvip::sim
