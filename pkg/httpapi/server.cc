#include "pkg/httpapi/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pkg/base/check.h"

namespace keelvip::httpapi {

namespace {

constexpr int kEventsPerTurn = 64;
constexpr int kAcceptsPerTurn = 64;
/// While the process has no descriptors left, asking again at once would only spin.
constexpr base::Duration kAcceptPause = base::Milliseconds{100};

/// Who goes first when room is needed: those who have had their answer, then those who ask or idle,
/// then those who are being answered; among equals the one that has made no progress for longest.
std::tuple<int, base::Instant> worth(const Connection& connection) {
  switch (connection.phase()) {
    case Connection::Phase::kLingering:
      return {0, connection.since()};
    case Connection::Phase::kReading:
      return {1, connection.since()};
    case Connection::Phase::kWriting:
      break;
  }
  return {2, connection.since()};
}

}  // namespace

base::Result<std::unique_ptr<Server>> Server::open(std::string_view where, Sources sources,
                                                   Limits limits) {
  auto listener = open_listener(where);
  if (!listener) {
    return base::unexpected(listener.error());
  }
  return std::make_unique<Server>(*std::move(listener), std::move(sources), limits);
}

Server::Server(Listener listener, Sources sources, Limits limits)
    : limits_(limits),
      listener_(std::move(listener)),
      endpoints_(std::move(sources), statistics_),
      library_([this](const Request& request) { return endpoints_.serve(request); }),
      service_{library_, statistics_, limits_},
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  KEELVIP_CHECK(epoll_);
  watch(EPOLL_CTL_ADD, listener_.fd.get(), kListenerId, EPOLLIN);
}

void Server::watch(int operation, int fd, Id id, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  KEELVIP_CHECK(::epoll_ctl(epoll_.get(), operation, fd, &event) == 0);
}

base::Instant Server::next_deadline() const {
  base::Instant next = std::min(accept_again_, forget_rendered_);
  for (const auto& [id, connection] : connections_) {
    next = std::min(next, connection.deadline());
  }
  return next;
}

void Server::turn(base::Instant now) {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, 0);
  for (int i = 0; i < count; ++i) {
    const Id id = events[static_cast<std::size_t>(i)].data.u64;
    if (id == kListenerId) {
      accept_connections(now);
    } else {
      drive(id, now);
    }
  }
  expire(now);
  bound_held_pages();
}

void Server::accept_connections(base::Instant now) {
  for (int i = 0; i < kAcceptsPerTurn && accept_one(now); ++i) {
  }
}

bool Server::accept_one(base::Instant now) {
  runtime::UniqueFd fd(
      ::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    const bool exhausted =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (exhausted) {
      ++statistics_.accept_failures;
      evict_one();
      pause_accepting(now);
    }
    return !exhausted && errno != EAGAIN && errno != EWOULDBLOCK;
  }
  if (connections_.size() >= limits_.connections) {
    evict_one();
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // no effect on unix sockets
  const Id id = ++last_id_;
  watch(EPOLL_CTL_ADD, fd.get(), id, EPOLLIN);
  connections_.emplace(id, Connection(std::move(fd), limits_, now));
  statistics_.connections = connections_.size();
  // The request is often there already: answer it before newer ones can push it out.
  drive(id, now);
  return true;
}

void Server::pause_accepting(base::Instant now) {
  watch(EPOLL_CTL_MOD, listener_.fd.get(), kListenerId, 0);
  accept_again_ = now + kAcceptPause;
}

void Server::drive(Id id, base::Instant now) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) {
    return;  // closed earlier in this turn
  }
  const bool alive = found->second.advance(service_, now);
  forget_rendered_ = now + limits_.keep_rendered;
  settle(id, alive);
}

void Server::settle(Id id, bool alive) {
  if (!alive) {
    close(id);
    return;
  }
  const Connection& connection = connections_.at(id);
  watch(EPOLL_CTL_MOD, connection.fd(), id, connection.wants_to_write() ? EPOLLOUT : EPOLLIN);
}

void Server::close(Id id) {
  connections_.erase(id);
  statistics_.connections = connections_.size();
}

void Server::evict_one() {
  const auto victim = std::min_element(
      connections_.begin(), connections_.end(),
      [](const auto& a, const auto& b) { return worth(a.second) < worth(b.second); });
  if (victim != connections_.end()) {
    ++statistics_.evicted;
    close(victim->first);
  }
}

void Server::expire(base::Instant now) {
  if (accept_again_ <= now) {
    accept_again_ = base::kNever;
    watch(EPOLL_CTL_MOD, listener_.fd.get(), kListenerId, EPOLLIN);
  }
  if (forget_rendered_ <= now) {
    forget_rendered_ = base::kNever;
    endpoints_.forget_rendered();
  }
  std::vector<Id> late;
  for (const auto& [id, connection] : connections_) {
    if (connection.deadline() <= now) {
      late.push_back(id);
    }
  }
  for (const Id id : late) {
    Connection& connection = connections_.at(id);
    if (connection.phase() != Connection::Phase::kLingering) {
      ++statistics_.deadlines;
    }
    settle(id, connection.expire(service_, now));
  }
}

void Server::bound_held_pages() {
  // Newest first: what the newest readers hold may stay.
  std::unordered_set<const std::string*> pages;
  std::size_t held = 0;
  std::vector<Id> beyond;
  for (auto entry = connections_.rbegin(); entry != connections_.rend(); ++entry) {
    const std::string* page = entry->second.body().get();
    if (page != nullptr && pages.insert(page).second) {
      held += page->size();
    }
    if (page != nullptr && held > limits_.held_pages && pages.size() > 1) {
      beyond.push_back(entry->first);
    }
  }
  for (const Id id : beyond) {
    ++statistics_.evicted;
    close(id);
  }
}

}  // namespace keelvip::httpapi
