#include "pkg/wire/listeners.h"

#include <algorithm>
#include <utility>

#include "pkg/wire/group_socket.h"

namespace keelvip::wire {

namespace {

auto same_place(const ListenTarget& place) {
  return [&place](const auto& other) {
    return other.target.interface == place.interface && other.target.family == place.family;
  };
}

}  // namespace

bool Listeners::listen(std::span<const ListenTarget> targets) {
  leave_surplus(targets);
  Hearing hearing{.revision = hearing_.revision + 1, .sockets = {}, .failures = {}};
  for (const ListenTarget& target : targets) {
    if (auto joined = join(target); !joined) {
      hearing.failures.push_back({target, joined.error()});
    }
  }
  for (const auto& [target, fd] : listeners_) {
    hearing.sockets.push_back({target.interface, target.family, fd.get()});
  }
  if (hearing_.revision > 0 && hearing.sockets == hearing_.sockets &&
      hearing.failures == hearing_.failures) {
    return false;
  }
  hearing_ = std::move(hearing);
  return true;
}

void Listeners::leave_surplus(std::span<const ListenTarget> targets) {
  std::erase_if(listeners_, [&](Listener& listener) {
    const bool wanted = std::ranges::any_of(
        targets, [&](const ListenTarget& target) { return same_place(target)(listener); });
    if (!wanted) {
      leave_group(listener.fd.get(), listener.target.family, listener.target.interface);
      leave_out(listener);
    }
    return !wanted;
  });
}

/// Memberships that the kernel has forgotten are counted when they end, so that an old one which
/// ends late would end a new one: each ends before the next begins.
base::Result<void> Listeners::join(const ListenTarget& target) {
  const auto& [interface, family, joining] = target;
  const auto known = std::ranges::find_if(listeners_, same_place(target));
  if (known == listeners_.end()) {
    auto fd = open_group_socket(family, interface);
    auto joined = fd ? join_group(fd->get(), family, interface) : base::unexpected(fd.error());
    if (joined) {
      listeners_.push_back({target, std::move(*fd)});
    }
    return joined;
  }
  if (known->target.joining == joining) {
    return {};
  }
  known->target = target;
  if (is_joined(family, interface)) {
    return {};  // it was only possible that the kernel had forgotten it
  }
  leave_group(known->fd.get(), family, interface);
  auto joined = join_group(known->fd.get(), family, interface);
  if (!joined) {
    leave_out(*known);
    listeners_.erase(known);
  }
  return joined;
}

void Listeners::leave_out(Listener& listener) {
  left_out_.push_back({std::move(listener.fd), hearing_.revision + 1});
}

void Listeners::close_left_out(std::uint64_t revision) {
  std::erase_if(left_out_, [&](const LeftOut& socket) { return socket.since <= revision; });
}

}  // namespace keelvip::wire
