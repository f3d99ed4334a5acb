// EventLoop: waits for file descriptors and one deadline with nanosecond resolution, then calls the
// handlers of what is ready. Each thread of the agent turns one of its own: one thread creates,
// uses and destroys it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::runtime {

enum class Interest : std::uint8_t { kRead, kWrite, kReadWrite };

class EventLoop {
 public:
  /// Level-triggered: the handler is called again while the descriptor stays ready.
  using Handler = std::function<void()>;

  EventLoop();

  /// Calls `handler` whenever `fd` is ready or broken. An fd is watched once; it must be unwatched
  /// before it is closed. Errors: kReport if the kernel refuses it.
  base::Result<void> watch(int fd, Interest interest, Handler handler);
  void unwatch(int fd);

  /// Stops, or goes on, calling the handler of a watched `fd`.
  void pause(int fd);
  void resume(int fd, Interest interest);

  /// Blocks until something is ready or `deadline` has come (kNever: no limit), then calls every
  /// ready handler once. A handler may watch and unwatch anything.
  void wait(base::Instant deadline);

 private:
  UniqueFd epoll_;
  // Shared, so that a handler that unwatches itself does not destroy itself while it runs.
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
  std::vector<int> ready_;
};

}  // namespace keelvip::runtime
