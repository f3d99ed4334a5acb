#include "pkg/runtime/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "pkg/runtime/unique_fd.h"

namespace keelvip::runtime {
namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Notify Notify::from_environment() {
  Notify notify;
  notify.socket_path_ = take_variable("NOTIFY_SOCKET");
  const auto period = number(take_variable("WATCHDOG_USEC"));
  const auto pid = number(take_variable("WATCHDOG_PID"));
  if (period && *period > 0 && (!pid || *pid == ::getpid())) {
    notify.watchdog_ = std::chrono::microseconds(*period);
  }
  return notify;
}

void Notify::send(std::string_view state) const {
  sockaddr_un address{};
  if (socket_path_.size() < 2 || socket_path_.size() >= sizeof address.sun_path) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket_path_, address.sun_path);
  if (address.sun_path[0] == '@') {
    address.sun_path[0] = '\0';
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return;
  }
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace keelvip::runtime
