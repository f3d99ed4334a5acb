#include "pkg/vrrp/address_list.h"

#include <algorithm>
#include <bitset>

#include "pkg/vrrp/advertisement.h"

namespace keelvip::vrrp {
namespace {

bool leads(const net::IpAddress& address) {
  return address.family() == net::Family::kIpv6 && address.is_link_local();
}

}  // namespace

void AddressList::assign(std::span<const AdvertisedAddress> addresses) {
  in_order_.clear();
  raw_.clear();
  for (const bool link_local : {true, false}) {
    for (const AdvertisedAddress& advertised : addresses) {
      if (leads(advertised.address) == link_local) {
        in_order_.push_back(advertised.address);
      }
    }
  }
  for (const net::IpAddress& address : in_order_) {
    const auto bytes = std::as_bytes(address.bytes());
    raw_.insert(raw_.end(), bytes.begin(), bytes.end());
  }
  sorted_ = in_order_;
  std::ranges::sort(sorted_);
}

bool AddressList::matches(std::span<const std::byte> list) const {
  if (list.size() != raw_.size()) {
    return false;
  }
  if (std::ranges::equal(list, raw_)) {
    return true;
  }
  std::bitset<kMaxAddresses> found;
  const net::Family family = sorted_.front().family();
  const std::size_t size = address_size(family);
  for (; !list.empty(); list = list.subspan(size)) {
    const auto address = net::IpAddress::from_bytes(family, list.first(size));
    const auto ours = std::ranges::lower_bound(sorted_, address);
    const auto position = static_cast<std::size_t>(ours - sorted_.begin());
    if (ours == sorted_.end() || *ours != address || found.test(position)) {
      return false;
    }
    found.set(position);
  }
  return true;
}

bool AddressList::starts_link_local() const {
  return !in_order_.empty() && leads(in_order_.front());
}

}  // namespace keelvip::vrrp
