#include "pkg/agent/http_loop.h"

#include <poll.h>

#include <utility>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::agent {

namespace {

/// Readers in quick succession share a Snapshot.
constexpr base::Duration kFresh = std::chrono::milliseconds(50);

/// The controller answers within milliseconds unless it hangs; then /livez must still be served.
constexpr int kPatienceMilliseconds = 250;

}  // namespace

std::shared_ptr<const status::Snapshot> SnapshotReader::newest() {
  const base::Instant now = runtime::monotonic_now();
  if (newest_ == nullptr || now - asked_ >= kFresh) {
    asked_ = now;
    channels_.snapshot_wanted.signal();
    pollfd answer{channels_.snapshot.fd(), POLLIN, 0};
    ::poll(&answer, 1, kPatienceMilliseconds);
  }
  // Moved out, because a copy left in the channel would live as long as it.
  if (auto* snapshot = channels_.snapshot.take()) {
    newest_ = std::move(*snapshot);
  }
  return newest_;
}

void run_http_loop(httpapi::Server& server, runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  const auto watch = [&](int fd) {
    KEELVIP_CHECK(loop.watch(fd, runtime::Interest::kRead, [] {}).has_value());
  };
  watch(server.fd());
  watch(stop.fd());
  while (!stop.requested()) {
    server.turn(runtime::monotonic_now());
    loop.wait(server.next_deadline());
  }
}

}  // namespace keelvip::agent
