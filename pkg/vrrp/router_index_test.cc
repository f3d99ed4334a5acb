#include "pkg/vrrp/router_index.h"

#include <utility>

#include <doctest/doctest.h>

namespace keelvip::vrrp {

using net::Family;

TEST_CASE("a router is found by interface, family and VRID together") {
  RouterIndex index;
  CHECK_FALSE(index.find({2}, Family::kIpv4, {51}));
  index.reset(2);
  index.add({2}, Family::kIpv4, {51}, 0);
  index.add({2}, Family::kIpv6, {51}, 1);
  CHECK(index.find({2}, Family::kIpv4, {51}) == 0U);
  CHECK(index.find({2}, Family::kIpv6, {51}) == 1U);
  CHECK_FALSE(index.find({3}, Family::kIpv4, {51}));
  CHECK_FALSE(index.find({2}, Family::kIpv4, {52}));
}

TEST_CASE("of two routers with one key the first is found") {
  RouterIndex index;
  index.reset(2);
  index.add({2}, Family::kIpv4, {51}, 0);
  index.add({2}, Family::kIpv4, {51}, 1);
  CHECK(index.find({2}, Family::kIpv4, {51}) == 0U);
}

TEST_CASE("every one of 4,000 routers is found, and none that is not there") {
  RouterIndex index;
  index.reset(4000);
  const auto key = [](std::uint32_t i) {
    return std::pair(net::InterfaceIndex{2 + i / 250},
                     VirtualRouterId{static_cast<std::uint8_t>(i % 250 + 1)});
  };
  for (std::uint32_t i = 0; i < 4000; ++i) {
    index.add(key(i).first, Family::kIpv4, key(i).second, i);
  }
  for (std::uint32_t i = 0; i < 4000; ++i) {
    CHECK(index.find(key(i).first, Family::kIpv4, key(i).second) == i);
    CHECK_FALSE(index.find(key(i).first, Family::kIpv6, key(i).second));
  }
}

}  // namespace keelvip::vrrp
