// OneActiveChecker ("one-active"): two nodes that hear each other are not both Active for longer
// than it takes one of them to say so: an advert interval and its way (RFC 9568 6.4.3). And
// "advert-pace": an Active says so once in every interval; "stall-rule": unless it was away for
// longer than the others wait (four intervals at most): then it is not Active any more.
#pragma once

#include <array>
#include <vector>

#include "cluster_view.h"

namespace keelvip::sim {

class OneActiveChecker {
 public:
  OneActiveChecker(const World& world, const ClusterView& view, Findings& findings);

  void see(const Happening& happening);
  /// Somebody changed paths or hosts.
  void disturbed(base::Duration longest_delay);
  /// When check() must come at the latest.
  [[nodiscard]] base::Instant next() const { return next_; }
  void check();

 private:
  void look(bool settings_changed);
  void sent(std::size_t node, const FrameSent& frame);
  [[nodiscard]] bool both(std::size_t a, std::size_t b, std::size_t slot) const;
  [[nodiscard]] base::Duration bound(std::size_t a, std::size_t b, std::size_t slot) const;

  const World& world_;
  const ClusterView& view_;
  Findings& findings_;
  base::Duration longest_delay_{};
  base::Instant next_ = base::kNever;
  /// Since when both are Active and hear each other; kNever: they are not.
  std::array<std::array<std::array<base::Instant, kSlots>, kMaxNodes>, kMaxNodes> since_;
  /// Local: the last advert, or the last excuse for none; kNever: not Active.
  std::array<std::array<base::Instant, kSlots>, kMaxNodes> spoke_;
};

}  // namespace keelvip::sim
