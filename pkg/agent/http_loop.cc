#include "pkg/agent/http_loop.h"

#include <algorithm>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::agent {

std::shared_ptr<const status::Snapshot> SnapshotReader::newest() {
  if (const auto* snapshot = channels_.snapshot.take()) {
    newest_ = *snapshot;
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
