#include "pkg/probe/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "pkg/base/check.h"

namespace keelvip::probe {
namespace {

sockaddr_in as_ipv4(const sockaddr_storage& storage) {
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

sockaddr_in6 as_ipv6(const sockaddr_storage& storage) {
  sockaddr_in6 address{};
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

}  // namespace

const sockaddr* Endpoint::address() const {
  return reinterpret_cast<const sockaddr*>(&storage);
}

std::uint32_t Endpoint::scope() const {
  return is_ipv6() ? as_ipv6(storage).sin6_scope_id : 0;
}

std::uint16_t Endpoint::port() const {
  return ntohs(is_ipv6() ? as_ipv6(storage).sin6_port : as_ipv4(storage).sin_port);
}

std::string Endpoint::url_host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_ipv6()) {
    const sockaddr_in6 ipv6 = as_ipv6(storage);
    ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
    return fmt::format("[{}]", text.data());
  }
  const sockaddr_in ipv4 = as_ipv4(storage);
  ::inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
  return text.data();
}

Endpoint endpoint_of(const sockaddr& address, socklen_t length, std::uint16_t port) {
  KEELVIP_CHECK(length <= sizeof(sockaddr_storage));
  Endpoint endpoint;
  std::memcpy(&endpoint.storage, &address, length);
  endpoint.length = length;
  if (endpoint.is_ipv6()) {
    sockaddr_in6 ipv6 = as_ipv6(endpoint.storage);
    ipv6.sin6_port = htons(port);
    std::memcpy(&endpoint.storage, &ipv6, sizeof ipv6);
  } else {
    sockaddr_in ipv4 = as_ipv4(endpoint.storage);
    ipv4.sin_port = htons(port);
    std::memcpy(&endpoint.storage, &ipv4, sizeof ipv4);
  }
  return endpoint;
}

std::optional<Endpoint> literal_endpoint(const std::string& host, std::uint16_t port) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(bare.c_str(), nullptr, &hints, &found) != 0) {
    return std::nullopt;
  }
  const Endpoint endpoint = endpoint_of(*found->ai_addr, found->ai_addrlen, port);
  ::freeaddrinfo(found);
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  return fmt::format("{}:{}", endpoint.url_host(), endpoint.port());
}

}  // namespace keelvip::probe
