#include "pkg/probe/tcp_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "pkg/base/error.h"

namespace keelvip::probe {
namespace {

Outcome unreachable(int error) {
  return {.success = false, .reason = base::describe_errno(error), .unreachable = true};
}

Outcome connected(int fd) {
  if (meets_itself(fd)) {
    return unreachable(ECONNREFUSED);
  }
  return {.success = true, .reason = "connected"};
}

}  // namespace

bool meets_itself(int connected_fd) {
  sockaddr_storage local{};
  sockaddr_storage remote{};
  socklen_t local_length = sizeof local;
  socklen_t remote_length = sizeof remote;
  return ::getsockname(connected_fd, reinterpret_cast<sockaddr*>(&local), &local_length) == 0 &&
         ::getpeername(connected_fd, reinterpret_cast<sockaddr*>(&remote), &remote_length) == 0 &&
         local_length == remote_length && std::memcmp(&local, &remote, local_length) == 0;
}

TcpProbes::TcpProbes(runtime::EventLoop& loop, Done done) : loop_(loop), done_(std::move(done)) {}

TcpProbes::~TcpProbes() {
  for (const auto& [id, fd] : connecting_) {
    loop_.unwatch(fd.get());
  }
}

void TcpProbes::start(AttemptId id, const Endpoint& endpoint) {
  runtime::UniqueFd fd(
      ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    done_(id, unreachable(errno));
    return;
  }
  if (::connect(fd.get(), endpoint.address(), endpoint.length) == 0) {
    done_(id, connected(fd.get()));
    return;
  }
  if (errno != EINPROGRESS) {
    done_(id, unreachable(errno));
    return;
  }
  const auto watched =
      loop_.watch(fd.get(), runtime::Interest::kWrite, [this, id] { on_writable(id); });
  if (!watched) {
    done_(id, {.success = false, .reason = watched.error().message});
    return;
  }
  connecting_.emplace(id, std::move(fd));
}

void TcpProbes::cancel(AttemptId id) {
  if (const auto found = connecting_.find(id); found != connecting_.end()) {
    loop_.unwatch(found->second.get());
    connecting_.erase(found);
  }
}

void TcpProbes::on_writable(AttemptId id) {
  const auto found = connecting_.find(id);
  if (found == connecting_.end()) {
    return;
  }
  const int fd = found->second.get();
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    finish(id, unreachable(error));
    return;
  }
  // The loop may call once too often when a descriptor's number was reused: then there is neither
  // an error nor a peer, and the answer is still to come.
  sockaddr_storage peer{};
  length = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0) {
    finish(id, connected(fd));
  }
}

void TcpProbes::finish(AttemptId id, Outcome outcome) {
  cancel(id);
  done_(id, std::move(outcome));
}

}  // namespace keelvip::probe
