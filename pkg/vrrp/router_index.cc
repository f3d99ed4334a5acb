#include "pkg/vrrp/router_index.h"

#include <bit>

namespace keelvip::vrrp {
namespace {

std::uint64_t key_of(net::InterfaceIndex interface, net::Family family, VirtualRouterId vrid) {
  const std::uint64_t family_number = family == net::Family::kIpv4 ? 1 : 2;
  return std::uint64_t{interface.value} << 16U | family_number << 8U | vrid.value;
}

/// Fibonacci hashing: spreads keys that differ in few bits.
std::size_t hash(std::uint64_t key) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> 32U);
}

}  // namespace

void RouterIndex::reset(std::size_t routers) {
  slots_.assign(std::bit_ceil(2 * routers + 1), Slot{});
}

/// Where `key` is or would be put.
std::size_t RouterIndex::position(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash(key) & mask;
  while (slots_[at].key != 0 && slots_[at].key != key) {
    at = (at + 1) & mask;
  }
  return at;
}

void RouterIndex::add(net::InterfaceIndex interface, net::Family family, VirtualRouterId vrid,
                      std::uint32_t router) {
  const std::uint64_t key = key_of(interface, family, vrid);
  Slot& slot = slots_[position(key)];
  if (slot.key == 0) {
    slot = {key, router};
  }
}

std::optional<std::uint32_t> RouterIndex::find(net::InterfaceIndex interface, net::Family family,
                                               VirtualRouterId vrid) const {
  if (slots_.empty()) {
    return std::nullopt;
  }
  const Slot& slot = slots_[position(key_of(interface, family, vrid))];
  return slot.key == 0 ? std::nullopt : std::optional(slot.router);
}

}  // namespace keelvip::vrrp
