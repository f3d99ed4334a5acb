// RouterIds: which number each virtual router has towards the Speaker. A router keeps its number
// over reloads; one that becomes another router on the wire (VRID, version, or another interface by
// name) gets a new one, so that the old hands over and the new starts. To name the interface that
// was found by subnet, or to stop naming it, makes no other router: if it is another interface
// after all, the Speaker sees that. Numbers are never reused. Owned by the controller; `keelvip
// plan` makes one of its own.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pkg/net/family.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::reconcile {

/// What makes a virtual router the same one on the wire.
struct RouterIdentity {
  std::string interface;  // as the spec names it; empty: found by subnet
  std::uint8_t vrid = 0;
  std::uint8_t version = 3;

  [[nodiscard]] bool may_be(const RouterIdentity& other) const {
    return vrid == other.vrid && version == other.version &&
           (interface == other.interface || interface.empty() || other.interface.empty());
  }
};

struct RouterKey {
  std::string vip;
  net::Family family = net::Family::kIpv4;
  RouterIdentity identity;
};

class RouterIds {
 public:
  /// Numbers for exactly these routers, in their order; all others are forgotten. Keys must differ
  /// in VIP or family.
  [[nodiscard]] std::vector<vrrp::RouterId> assign(std::span<const RouterKey> keys);

 private:
  struct Entry {
    RouterIdentity identity;
    vrrp::RouterId id;
  };

  std::map<std::pair<std::string, net::Family>, Entry> entries_;
  std::uint32_t last_ = 0;
};

}  // namespace keelvip::reconcile
