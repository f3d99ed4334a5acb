#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/decode_parts.h"

namespace keelvip::api {
namespace {

// An advert names every address of its family and must fit a frame of 1,500 bytes without
// fragmentation; the count is one byte (RFC 9568 5.2.5).
constexpr std::size_t kMaxIpv4Addresses = 255;
constexpr std::size_t kMaxIpv6Addresses = 90;  // 40 + 8 + 90 * 16 = 1488

/// Sets all bits behind the prefix to one value and compares: the two ends of an IPv4 network are
/// no addresses of hosts, and in IPv6 its start belongs to every router (RFC 4291 2.6.1).
bool host_bits_are(const net::Prefix& prefix, bool ones) {
  const auto bytes = prefix.address.bytes();
  for (unsigned bit = prefix.length; bit < prefix.address.bits(); ++bit) {
    const unsigned byte = bytes[bit / 8U];
    const bool is_one = (byte >> (7U - bit % 8U) & 1U) != 0;
    if (is_one != ones) {
      return false;
    }
  }
  return true;
}

/// Why this address cannot be a virtual one; nullopt: it can.
std::optional<std::string> find_fault(const net::Prefix& prefix) {
  const net::IpAddress& address = prefix.address;
  if (!address.is_unicast()) {
    return fmt::format("must be a unicast address that other hosts can reach, not {}",
                       address.to_string());
  }
  if (prefix.length == 0) {
    return "must have a prefix length above 0";
  }
  if (prefix.length + 1 >= address.bits()) {
    return std::nullopt;  // RFC 3021, RFC 6164: no address is special on a link of two
  }
  if (host_bits_are(prefix, false)) {
    return fmt::format("{} is the network itself, not an address in it", prefix.to_string());
  }
  if (address.family() == net::Family::kIpv4 && host_bits_are(prefix, true)) {
    return fmt::format("{} is the broadcast address of its network", prefix.to_string());
  }
  return std::nullopt;
}

void check_counts(const std::vector<net::Prefix>& addresses, const Node& node,
                  const std::string& path, Errors& errors) {
  const auto v6 = std::count_if(addresses.begin(), addresses.end(), [](const net::Prefix& p) {
    return p.address.family() == net::Family::kIpv6;
  });
  const std::size_t ipv6 = static_cast<std::size_t>(v6);
  const std::size_t ipv4 = addresses.size() - ipv6;
  if (ipv4 > kMaxIpv4Addresses || ipv6 > kMaxIpv6Addresses) {
    errors.add(node.position, path,
               fmt::format("has {} IPv4 and {} IPv6 addresses, but an advert holds at most {} and "
                           "{}: use several VirtualIPs",
                           ipv4, ipv6, kMaxIpv4Addresses, kMaxIpv6Addresses));
  }
}

/// Moves the link-local addresses to the front of the places that IPv6 addresses have.
void put_link_local_first(std::vector<net::Prefix>& addresses, std::vector<Position>& positions) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i].address.family() == net::Family::kIpv6) {
      places.push_back(i);
    }
  }
  std::vector<std::size_t> order = places;
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t i) { return addresses[i].address.is_link_local(); });
  const std::vector<net::Prefix> old_addresses = addresses;
  const std::vector<Position> old_positions = positions;
  for (std::size_t i = 0; i < places.size(); ++i) {
    addresses[places[i]] = old_addresses[order[i]];
    positions[places[i]] = old_positions[order[i]];
  }
}

}  // namespace

std::vector<net::Prefix> decode_addresses(const Node& node, const std::string& path,
                                          std::vector<Position>& positions, Errors& errors) {
  std::vector<net::Prefix> addresses;
  std::map<net::IpAddress, std::size_t> seen;
  const Node::Array& items = read_list(node, path, kMaxIpv4Addresses + kMaxIpv6Addresses, errors);
  if (node.array() != nullptr && node.array()->empty()) {
    errors.add(node.position, path, "must have at least one address");
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    const std::string* text = items[i].text();
    if (text == nullptr) {
      errors.add(items[i].position, item_path, wrong_type("a string", items[i]));
      continue;
    }
    const auto prefix = net::Prefix::parse(*text);
    if (!prefix) {
      errors.add(items[i].position, item_path,
                 text->size() > 64 ? "is not an IP address" : prefix.error().message);
      continue;
    }
    if (const auto fault = find_fault(*prefix)) {
      errors.add(items[i].position, item_path, *fault);
      continue;
    }
    const auto [first, is_new] = seen.emplace(prefix->address, i);
    if (!is_new) {
      errors.add(items[i].position, item_path,
                 fmt::format("{} is in the list already, as {}[{}]", prefix->address.to_string(),
                             path, first->second));
      continue;
    }
    addresses.push_back(*prefix);
    positions.push_back(items[i].position);
  }
  check_counts(addresses, node, path, errors);
  put_link_local_first(addresses, positions);
  return addresses;
}

}  // namespace keelvip::api
