#include "pkg/vrrp/peer_table.h"

#include <algorithm>
#include <functional>
#include <span>

namespace keelvip::vrrp {

void PeerTable::heard(const Advertisement& advert, bool addresses_differ, base::Instant now) {
  const std::span known(peers_.data(), size_);
  auto peer = std::ranges::find(known, advert.source, &Peer::address);
  if (peer == known.end()) {
    if (size_ < peers_.size()) {
      ++size_;
    } else {
      peer = std::ranges::min_element(known, {}, &Peer::last_heard);
    }
  }
  peers_[static_cast<std::size_t>(peer - known.begin())] =
      Peer{advert.source,
           advert.priority,
           advert.interval,
           advert.version,
           now,
           addresses_differ && advert.priority != kResign};
}

void PeerTable::copy_to(std::vector<Peer>& out) const {
  out.assign(peers_.data(), peers_.data() + size_);
  std::ranges::sort(out, std::greater<>{}, &Peer::last_heard);
}

}  // namespace keelvip::vrrp
