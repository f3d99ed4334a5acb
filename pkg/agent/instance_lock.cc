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

}  // namespace

base::Result<InstanceLock> InstanceLock::take() {
  runtime::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  kName.copy(address.sun_path, kName.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kName.size());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
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
