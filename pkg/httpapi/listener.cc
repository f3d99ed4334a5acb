#include "pkg/httpapi/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pkg/base/error.h"

namespace keelvip::httpapi {

namespace {

constexpr int kBacklog = 512;
constexpr std::string_view kUnixScheme = "unix:";

/// A socket address of any family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

base::Error refused(std::string_view where, int error) {
  std::string_view hint;
  if (error == EADDRINUSE) {
    hint = "; another program listens there: choose another address with --listen";
  } else if (error == EADDRNOTAVAIL) {
    hint = "; no interface of this node has that address";
  } else if (error == EACCES && !where.starts_with(kUnixScheme)) {
    hint = "; a port below 1024 needs the capability NET_BIND_SERVICE";
  }
  return base::report_error(
      fmt::format("cannot listen on {}: {}{}", where, base::describe_errno(error), hint));
}

bool is_another_file(const std::string& path) {
  struct stat there{};
  return ::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode);
}

base::Error in_the_way(std::string_view where) {
  return base::report_error(fmt::format(
      "cannot listen on {}: a file that is no socket is in the way; choose another path "
      "with --listen",
      where));
}

base::Error malformed(std::string_view where, std::string_view why) {
  return base::report_error(
      fmt::format("cannot listen on \"{}\": {}; write ADDRESS:PORT, [IPV6ADDRESS]:PORT or "
                  "unix:/PATH",
                  where, why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

template <typename Native>
SocketAddress packed(const Native& native) {
  SocketAddress address;
  std::memcpy(&address.storage, &native, sizeof native);
  address.size = sizeof native;
  return address;
}

/// `host` without its brackets; empty: every address, of IPv4 too.
std::optional<SocketAddress> inet_address(const std::string& host, bool bracketed,
                                          std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (host.empty() || (bracketed && ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1)) {
    return packed(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (!bracketed && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return packed(v4);
  }
  return std::nullopt;
}

base::Result<SocketAddress> parse_inet(std::string_view where) {
  const std::size_t colon = where.rfind(':');
  if (colon == std::string_view::npos) {
    return base::unexpected(malformed(where, "it has no port"));
  }
  const auto port = parse_port(where.substr(colon + 1));
  if (!port) {
    return base::unexpected(malformed(where, "the port is not a number from 0 to 65535"));
  }
  std::string_view host = where.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = inet_address(std::string(host), bracketed, *port);
  if (!address || (bracketed && host.empty())) {
    return base::unexpected(malformed(where, "the host is not an IP address"));
  }
  return *address;
}

base::Result<SocketAddress> parse_unix(std::string_view where) {
  const std::string_view path = where.substr(kUnixScheme.size());
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (!path.starts_with('/') || path.size() >= sizeof local.sun_path) {
    return base::unexpected(malformed(where, "the path must be absolute and below 108 bytes"));
  }
  path.copy(static_cast<char*>(local.sun_path), path.size());
  return packed(local);
}

base::Result<SocketAddress> parse(std::string_view where) {
  return where.starts_with(kUnixScheme) ? parse_unix(where) : parse_inet(where);
}

runtime::UniqueFd stream_socket(const SocketAddress& address) {
  return runtime::UniqueFd(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// A socket file stays behind when its program is killed, and then nobody answers there.
void remove_stale_file(const SocketAddress& address, const std::string& path) {
  struct stat file{};
  const runtime::UniqueFd probe = stream_socket(address);
  if (::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) &&
      ::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  }
}

std::string printed(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), ntohs(v6.sin6_port));
}

}  // namespace

SocketFile::~SocketFile() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

base::Result<void> check_listen_address(std::string_view where) {
  return parse(where).map([](const SocketAddress& /*address*/) {});
}

base::Result<Listener> open_listener(std::string_view where) {
  const bool is_unix = where.starts_with(kUnixScheme);
  const auto address = parse(where);
  if (!address) {
    return base::unexpected(address.error());
  }
  runtime::UniqueFd fd = stream_socket(*address);
  if (!fd) {
    return base::unexpected(refused(where, errno));
  }
  const std::string path(is_unix ? where.substr(kUnixScheme.size()) : "");
  if (is_unix) {
    remove_stale_file(*address, path);
  } else {
    // SO_REUSEPORT stays off: a second agent must learn that the first one runs.
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (::bind(fd.get(), address->get(), address->size) != 0) {
    const int error = errno;
    return base::unexpected(is_unix && is_another_file(path) ? in_the_way(where)
                                                             : refused(where, error));
  }
  SocketFile file(path);
  if (is_unix && ::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) {
    return base::unexpected(refused(where, errno));
  }
  if (::listen(fd.get(), kBacklog) != 0) {
    return base::unexpected(refused(where, errno));
  }
  std::string listening = is_unix ? std::string(where) : printed(fd.get());
  return Listener{std::move(fd), std::move(listening), std::move(file)};
}

}  // namespace keelvip::httpapi
