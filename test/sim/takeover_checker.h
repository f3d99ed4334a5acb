// TakeoverChecker ("takeover-time"): a Backup becomes Active exactly three adverts and its skew
// after the last advert that counts, or its skew after a resignation: not earlier, and not later
// than its thread may be scheduled (RFC 9568 6.4.2, RFC 3768 6.4.2). Keeps its own account of every
// Backup's timer, from the packets and configs that the Speakers were handed.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cluster_view.h"

namespace keelvip::sim {

class TakeoverChecker {
 public:
  TakeoverChecker(const World& world, const ClusterView& view, Findings& findings)
      : world_(world), view_(view), findings_(findings), timers_(world.nodes()) {}

  /// After `view` has seen it.
  void see(const Happening& happening);
  void finish();

 private:
  struct Timer {
    bool runs = false;
    net::InterfaceIndex interface;
    base::Instant base;  // local: when it was last set
    bool resigned = false;
    bool learned = false;
    base::Centiseconds interval{};  // learned
    base::Instant inferior_since = base::kNever;
    base::Instant excuse{};  // local: it cannot have been acted on before
  };

  void heard(std::size_t node, const PacketHeard& packet);
  void take(std::size_t node, const AdvertView& advert, base::Instant local);
  void changed_role(std::size_t node, const RoleChanged& role);
  void adopted(std::size_t node, base::Instant local);
  void overdue(std::size_t node, std::size_t slot, base::Instant local);
  [[nodiscard]] base::Instant deadline(const RouterView& router, const Timer& timer) const;
  [[nodiscard]] base::Duration slack() const;
  void report(std::size_t node, std::size_t slot, const std::string& text);

  const World& world_;
  const ClusterView& view_;
  Findings& findings_;
  std::vector<std::array<Timer, kSlots>> timers_;
  std::array<AdvertView, kMaxNodes> last_;  // that each node heard
  std::array<base::Instant, kMaxNodes> last_heard_{};
};

}  // namespace keelvip::sim
