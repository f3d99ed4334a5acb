#include "pkg/specfile/directory_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "pkg/base/error.h"
#include "pkg/specfile/spec_file.h"

namespace keelvip::specfile {
namespace {

// Not IN_MODIFY: a file matters when its writer is done. IN_ATTRIB: it may have become readable.
constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB |
                                  IN_ONLYDIR;

bool matters(const WatchedNames& watched, const inotify_event& event, std::string_view name) {
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0 ||
      name.empty()) {
    return true;
  }
  return watched.names.contains(std::string(name)) ||
         (watched.spec_files && is_spec_file_name(name));
}

}  // namespace

DirectoryWatch::DirectoryWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!inotify_) {
    problem_ = fmt::format("inotify: {}", base::describe_errno(errno));
  }
}

void DirectoryWatch::follow(const std::map<std::string, WatchedNames>& directories) {
  if (!inotify_) {
    return;
  }
  problem_.clear();
  std::map<int, WatchedNames> watches;
  for (const auto& [path, names] : directories) {
    const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), kEvents);
    if (watch < 0) {
      // What does not exist cannot be watched; its parent is, or the caller polls.
      if (errno != ENOENT && errno != ENOTDIR) {
        problem_ = fmt::format("{}: {}", path, base::describe_errno(errno));
      }
      continue;
    }
    // Two paths may lead to one directory: it has one watch.
    WatchedNames& watched = watches[watch];
    watched.spec_files = watched.spec_files || names.spec_files;
    watched.names.insert(names.names.begin(), names.names.end());
  }
  for (const auto& [watch, names] : watches_) {
    if (!watches.contains(watch)) {
      (void)::inotify_rm_watch(inotify_.get(), watch);
    }
  }
  watches_ = std::move(watches);
}

bool DirectoryWatch::drain() {
  bool relevant = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  while (inotify_) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      const auto watched = watches_.find(event.wd);
      // An overflow belongs to no watch; an event of a watch that was let go says nothing.
      relevant = relevant || (event.mask & IN_Q_OVERFLOW) != 0 ||
                 (watched != watches_.end() && matters(watched->second, event, name));
      at += sizeof event + event.len;
    }
  }
  return relevant;
}

}  // namespace keelvip::specfile
