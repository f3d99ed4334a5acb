#include "pkg/agent/instance_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

namespace keelvip::agent {
namespace {

// Abstract socket names belong to the network namespace, as the addresses do, and need no file.
constexpr std::string_view kName("\0keelvip-agent", 14);

/// Does `call`, bind or connect, with the lock's name.
template <typename Call>
int with_name(const runtime::UniqueFd& socket, Call call) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  kName.copy(address.sun_path, kName.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kName.size());
  return call(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
}

runtime::UniqueFd open_socket() {
  return runtime::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

}  // namespace

bool InstanceLock::is_held() {
  return with_name(open_socket(), ::connect) == 0;
}

base::Result<InstanceLock> InstanceLock::take() {
  runtime::UniqueFd socket = open_socket();
  if (with_name(socket, ::bind) != 0) {
    if (errno == EADDRINUSE) {
      return base::unexpected(base::report_error(
          "another keelvip agent runs in this network namespace: stop it first"));
    }
    return base::unexpected(base::wrap(base::report_error(base::describe_errno(errno)),
                                       "cannot take the instance lock"));
  }
  return InstanceLock(std::move(socket));
}

}  // namespace keelvip::agent
