// HandOverChecker: "make-before-break": a node that hands over lets go of an address only when
// another one has it, if there is another one that can; "hand-over-bound": and it does not wait for
// ever: the slowest successor's skew and an overlap.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cluster_view.h"

namespace keelvip::sim {

class HandOverChecker {
 public:
  HandOverChecker(const World& world, const ClusterView& view, Findings& findings,
                  const Schedule& schedule)
      : world_(world), view_(view), findings_(findings), schedule_(schedule) {}

  void see(const Happening& happening);

 private:
  struct HandOver {
    bool runs = false;
    base::Instant began;           // local; anew when another one resigns meanwhile
    base::Duration limit{};        // by the slowest settings since then
    std::uint32_t successors = 0;  // by bit: who could follow when it began
  };

  void heard(std::size_t node, const PacketHeard& packet);
  void changed(std::size_t node, const HandOverChanged& change);
  void stands_longer(std::size_t node);
  void note_yield(std::size_t node, const RoleChanged& role);
  void gone(std::size_t node, const net::Prefix& prefix);
  [[nodiscard]] bool can_follow(std::size_t node, std::size_t other, std::size_t slot) const;
  void cannot_follow(std::size_t node, std::uint32_t slots);
  [[nodiscard]] bool follower_hindered(std::size_t slot) const;
  [[nodiscard]] bool held_elsewhere(std::size_t node, const net::Prefix& prefix) const;
  [[nodiscard]] std::size_t slot_of_address(const net::Prefix& prefix) const;

  const World& world_;
  const ClusterView& view_;
  Findings& findings_;
  const Schedule& schedule_;
  std::array<std::array<HandOver, kSlots>, kMaxNodes> hand_overs_{};
  std::array<std::array<bool, kSlots>, kMaxNodes> yielded_{};
  std::array<std::array<base::Centiseconds, kSlots>, kMaxNodes> slowest_{};  // interval heard
  std::array<std::array<base::Centiseconds, kSlots>, kMaxNodes> learned_{};  // the last one heard
};

}  // namespace keelvip::sim
