#include "pkg/runtime/event_loop.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"

namespace keelvip::runtime {
namespace {

std::uint32_t epoll_events(Interest interest) {
  switch (interest) {
    case Interest::kRead:
      return EPOLLIN;
    case Interest::kWrite:
      return EPOLLOUT;
    case Interest::kReadWrite:
      break;
  }
  return static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLOUT);
}

timespec until(base::Instant deadline) {
  const base::Duration left = std::max(deadline - monotonic_now(), base::Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

}  // namespace

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  KEELVIP_CHECK(epoll_);
}

base::Result<void> EventLoop::watch(int fd, Interest interest, Handler handler) {
  epoll_event event{};
  event.events = epoll_events(interest);
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return base::unexpected(
        base::wrap(base::report_error(base::describe_errno(errno)), "cannot watch a descriptor"));
  }
  handlers_.insert_or_assign(fd, std::make_shared<Handler>(std::move(handler)));
  return {};
}

void EventLoop::unwatch(int fd) {
  if (handlers_.erase(fd) != 0) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
}

void EventLoop::pause(int fd) {
  epoll_event event{};
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::resume(int fd, Interest interest) {
  epoll_event event{};
  event.events = epoll_events(interest);
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::wait(base::Instant deadline) {
  std::array<epoll_event, 64> events;
  ready_.clear();
  timespec timeout{};
  const timespec* patience = nullptr;
  if (deadline != base::kNever) {
    timeout = until(deadline);
    patience = &timeout;
  }
  int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(), patience, nullptr);
  if (count < 0 && errno == EINTR) {
    // Whoever was stopped for a while is woken by SIGCONT and must hear what has come meanwhile
    // before it looks at its deadlines.
    timeout = {};
    count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(), &timeout, nullptr);
  }
  KEELVIP_CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    ready_.push_back(events[static_cast<std::size_t>(i)].data.fd);
  }
  for (const int fd : ready_) {
    if (const auto found = handlers_.find(fd); found != handlers_.end()) {
      const std::shared_ptr<Handler> handler = found->second;
      (*handler)();
    }
  }
}

}  // namespace keelvip::runtime
