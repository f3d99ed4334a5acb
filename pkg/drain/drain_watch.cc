#include "pkg/drain/drain_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "pkg/base/error.h"

namespace keelvip::drain {

DrainWatch::DrainWatch(DrainFile file)
    : file_(std::move(file)), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  look();
}

bool DrainWatch::look() {
  follow();
  const std::string problem_before = std::exchange(problem_, {});
  auto order = file_.read();
  if (!order) {
    problem_ = order.error().message;
  } else if (auto writable = file_.check_writable(); !writable) {
    problem_ = writable.error().message;
  }
  const bool changed = order && *order != order_;
  if (changed) {
    order_ = *std::move(order);
  }
  return changed || problem_ != problem_before;
}

void DrainWatch::follow() {
  if (!inotify_) {
    return;
  }
  // What happened does not matter: everything is looked at again.
  std::array<char, 4096> events{};
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  // The path may lead to another directory than before, or to one at last. Adding a watch that is
  // there already changes nothing; one whose directory is gone has ended by itself. Not IN_CREATE:
  // a reason is there when its writer is done.
  (void)::inotify_add_watch(inotify_.get(), file_.directory().c_str(),
                            IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                IN_DELETE_SELF | IN_ATTRIB | IN_ONLYDIR);
}

}  // namespace keelvip::drain
