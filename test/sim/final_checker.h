// FinalChecker: what must be true in the end, when everything has been healed for long: "liveness":
// each virtual address has one holder, the right one; "status-truth": every node's Snapshot says
// what is so; "client-path": a host on the LAN sends to the holder; and all along "role-changes":
// roles change for a reason, not for ever.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cluster_view.h"
#include "driver.h"

namespace keelvip::sim {

class FinalChecker {
 public:
  FinalChecker(const World& world, const ClusterView& view, Findings& findings)
      : world_(world), view_(view), findings_(findings) {}

  void see(const Happening& happening, std::size_t acts);
  void finish(const Driver& driver, const Schedule& schedule);

  [[nodiscard]] std::uint64_t role_changes() const { return role_changes_; }

 private:
  struct Contest {
    std::size_t slot = 0;
    const api::VirtualIp* vip = nullptr;
    const Schedule* schedule = nullptr;
    std::size_t holder = kMaxNodes;
  };

  void judge_holder(Contest& contest);
  void judge_snapshot(std::size_t node, const status::Snapshot& snapshot, const Contest& contest);
  void judge_router(std::size_t node, const status::RouterStatus& router, const Contest& contest);
  void judge_client(const Contest& contest, base::Instant paths_harmed);
  void fail(const char* checker, const Contest& contest, const std::string& text);

  const World& world_;
  const ClusterView& view_;
  Findings& findings_;
  std::array<std::array<std::uint32_t, kSlots>, kMaxNodes> changes_{};
  std::array<base::Instant, kSlots> last_change_{};  // somebody won
  std::array<std::size_t, kSlots> winner_{};         // kMaxNodes: the one that somebody yielded to
  std::uint64_t role_changes_ = 0;
};

}  // namespace keelvip::sim
