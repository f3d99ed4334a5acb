// RouterIndex: which of our virtual routers a packet names, by where it arrived, its family and its
// VRID: two virtual routers of one VRID in two families are different ones (RFC 9568 1.2). A hash
// table with open addressing. Speaker thread; find() is O(1) and does not allocate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

class RouterIndex {
 public:
  /// Forgets all and makes room for `routers` of them.
  void reset(std::size_t routers);

  /// The first of several with the same key stays.
  void add(net::InterfaceIndex interface, net::Family family, VirtualRouterId vrid,
           std::uint32_t router);

  [[nodiscard]] std::optional<std::uint32_t> find(net::InterfaceIndex interface, net::Family family,
                                                  VirtualRouterId vrid) const;

 private:
  struct Slot {
    std::uint64_t key = 0;  // 0: empty; no key is 0
    std::uint32_t router = 0;
  };

  [[nodiscard]] std::size_t position(std::uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
};

}  // namespace keelvip::vrrp
