// PeerTable: the routers heard in one virtual router, at most kMaxPeers; a new one takes the place
// of the one silent longest. Speaker thread, hot path: no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/vrrp/advertisement.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::vrrp {

class PeerTable {
 public:
  void heard(const Advertisement& advert, bool addresses_differ, base::Instant now);

  /// Replaces the content of `out`, most recently heard first.
  void copy_to(std::vector<Peer>& out) const;

 private:
  std::array<Peer, kMaxPeers> peers_{};
  std::size_t size_ = 0;
};

}  // namespace keelvip::vrrp
