// InterfaceIndex: the kernel's number of a network interface. It changes when an interface is
// deleted and recreated under the same name; 0 is no interface. Used by everything that talks about
// an interface, on every thread.
#pragma once

#include <compare>
#include <cstdint>

namespace keelvip::net {

struct InterfaceIndex {
  std::uint32_t value = 0;

  friend auto operator<=>(const InterfaceIndex&, const InterfaceIndex&) = default;
};

}  // namespace keelvip::net
