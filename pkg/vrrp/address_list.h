// AddressList: the addresses of our own adverts, in the order of the wire, and the question whether
// another router's list is the same. Built when settings change; asked for every accepted advert.
// Speaker thread; matches() does not allocate.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pkg/net/ip_address.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::vrrp {

class AddressList {
 public:
  /// Link-local addresses first, as RFC 9568 5.2.9 asks for IPv6; else in the given order.
  void assign(std::span<const AdvertisedAddress> addresses);

  [[nodiscard]] std::span<const net::IpAddress> in_order() const { return in_order_; }

  /// Whether `list`, raw addresses of our family, holds the same addresses in any order.
  [[nodiscard]] bool matches(std::span<const std::byte> list) const;

  /// Whether the first address is an IPv6 link-local one.
  [[nodiscard]] bool starts_link_local() const;

 private:
  std::vector<net::IpAddress> in_order_;
  std::vector<std::byte> raw_;  // in_order_ as on the wire
  std::vector<net::IpAddress> sorted_;
};

}  // namespace keelvip::vrrp
