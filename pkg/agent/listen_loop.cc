#include "pkg/agent/listen_loop.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::agent {
namespace {

/// How soon to try again where nothing can be heard.
constexpr base::Duration kRetry = std::chrono::milliseconds(500);

}  // namespace

void run_listen_loop(wire::Listeners& listeners, Channels& channels, runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  for (const int fd : {channels.listen_order.fd(), stop.fd()}) {
    KEELVIP_CHECK(loop.watch(fd, runtime::Interest::kRead, [] {}).has_value());
  }
  std::vector<wire::ListenTarget> targets;
  std::uint64_t number = 0;
  base::Instant due = base::kNever;
  while (!stop.requested()) {
    bool is_new = false;
    if (const ListenOrder* order = channels.listen_order.take()) {
      listeners.close_left_out(order->in_use);
      targets = order->targets;
      is_new = order->number != number;
      number = order->number;
    }
    if (is_new || due <= runtime::monotonic_now()) {
      if (listeners.listen(targets) || is_new) {
        channels.listen_report.put({number, listeners.hearing()});
      }
      const bool all = listeners.hearing().failures.empty();
      due = all ? base::kNever : runtime::monotonic_now() + kRetry;
    }
    loop.wait(std::min(due, runtime::monotonic_now() + kIdleTurn));
  }
}

}  // namespace keelvip::agent
