// Endpoint: an address and port to connect to. Made by the prober from a literal, or by the
// resolver from a name.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace keelvip::probe {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* address() const;
  [[nodiscard]] bool is_ipv6() const { return storage.ss_family == AF_INET6; }
  /// Of a link-local IPv6 address with a zone; else 0.
  [[nodiscard]] std::uint32_t scope() const;
  [[nodiscard]] std::uint16_t port() const;
  /// "127.0.0.1", "[fe80::1]": without port and zone, as a URL wants it.
  [[nodiscard]] std::string url_host() const;
};

/// From `address`, with `port` in place of its own.
[[nodiscard]] Endpoint endpoint_of(const sockaddr& address, socklen_t length, std::uint16_t port);

/// The endpoint of "10.0.0.1", "::1", "[::1]" or "fe80::1%eth0"; nullopt if `host` is a name.
[[nodiscard]] std::optional<Endpoint> literal_endpoint(const std::string& host, std::uint16_t port);

/// "127.0.0.1:80", "[::1]:80".
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace keelvip::probe
