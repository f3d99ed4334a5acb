// AddressChecker: "addresses": an Active holds its addresses and nobody else holds any, but for the
// short time that it takes to set or remove them; "foreign-addresses": nobody asks the kernel to
// remove what somebody else configured; "exit-clean": an agent that ended in order left nothing
// behind; "lease": one that died or froze left nothing for longer than a lease.
#pragma once

#include <vector>

#include "cluster_view.h"

namespace keelvip::sim {

class AddressChecker {
 public:
  AddressChecker(const World& world, const ClusterView& view, Findings& findings,
                 base::Duration hand_off);

  void see(const Happening& happening);
  [[nodiscard]] base::Instant next() const { return next_; }
  void check();

 private:
  /// An address that is not as it should be.
  struct Wrong {
    net::IpAddress address;
    bool missing = false;
    base::Instant since;
  };

  void look(std::size_t node);
  void compare(std::size_t node, std::vector<Wrong>& wrong) const;
  void exited(std::size_t node);
  void check_leases(std::size_t node);
  [[nodiscard]] base::Instant limit(std::size_t node, const Wrong& wrong) const;

  const World& world_;
  const ClusterView& view_;
  Findings& findings_;
  base::Duration bound_;
  base::Instant next_ = base::kNever;
  std::vector<std::vector<Wrong>> wrong_;
  std::vector<Wrong> scratch_;
  std::vector<base::Duration> leases_;
  std::vector<base::Instant> silent_since_;  // its agent is dead or frozen; kNever: it is not
};

}  // namespace keelvip::sim
