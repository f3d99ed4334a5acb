#include "pkg/vrrp/address_list.h"

#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::vrrp {
namespace {

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

AddressList list_of(std::initializer_list<const char*> texts) {
  std::vector<AdvertisedAddress> addresses;
  for (const char* text : texts) {
    addresses.push_back({ip(text), 0});
  }
  AddressList list;
  list.assign(addresses);
  return list;
}

std::vector<std::byte> raw(std::initializer_list<const char*> texts) {
  std::vector<std::byte> bytes;
  for (const char* text : texts) {
    const net::IpAddress address = ip(text);
    const auto part = std::as_bytes(address.bytes());
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace

TEST_CASE(
    "conformance 13: the link-local address is the first of an IPv6 list, however configured") {
  const AddressList list = list_of({"2001:db8::1", "2001:db8::2", "fe80::100"});
  CHECK(list.in_order()[0] == ip("fe80::100"));
  CHECK(list.in_order()[1] == ip("2001:db8::1"));
  CHECK(list.starts_link_local());
}

TEST_CASE("the order of IPv4 addresses is the configured one") {
  const AddressList list = list_of({"192.0.2.9", "169.254.0.1"});
  CHECK(list.in_order()[0] == ip("192.0.2.9"));
  CHECK_FALSE(list.starts_link_local());
}

TEST_CASE("conformance 27: a list matches in any order, and not with another count or content") {
  const AddressList list = list_of({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  CHECK(list.matches(raw({"192.0.2.1", "192.0.2.2", "192.0.2.3"})));
  CHECK(list.matches(raw({"192.0.2.3", "192.0.2.1", "192.0.2.2"})));
  CHECK_FALSE(list.matches(raw({"192.0.2.1", "192.0.2.2"})));
  CHECK_FALSE(list.matches(raw({"192.0.2.1", "192.0.2.2", "192.0.2.4"})));
  CHECK_FALSE(list.matches(raw({"192.0.2.1", "192.0.2.2", "192.0.2.2"})));
  CHECK_FALSE(list.matches({}));
}

}  // namespace keelvip::vrrp
