// RouterIndex: which of our virtual routers a packet names, by where it arrived, its family and its
// VRID: two virtual routers of one VRID in two families are different ones (RFC 9568 1.2). Speaker
// thread; find() is O(1).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

class RouterIndex {
 public:
  void clear() { routers_.clear(); }

  /// The first of several with the same key stays.
  void add(net::InterfaceIndex interface, net::Family family, VirtualRouterId vrid,
           std::uint32_t router) {
    routers_.try_emplace(key(interface, family, vrid), router);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(net::InterfaceIndex interface, net::Family family,
                                                  VirtualRouterId vrid) const {
    const auto found = routers_.find(key(interface, family, vrid));
    return found == routers_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static std::uint64_t key(net::InterfaceIndex interface, net::Family family,
                           VirtualRouterId vrid) {
    return std::uint64_t{interface.value} << 16U |
           std::uint64_t{static_cast<std::uint8_t>(family)} << 8U | vrid.value;
  }

  std::unordered_map<std::uint64_t, std::uint32_t> routers_;  // only looked up, never iterated
};

}  // namespace keelvip::vrrp
