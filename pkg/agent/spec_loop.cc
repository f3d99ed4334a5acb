#include "pkg/agent/spec_loop.h"

#include <algorithm>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {

void run_spec_loop(specfile::SpecDirectory& specs, Channels& channels,
                   runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  if (specs.fd() >= 0) {
    const auto on_readable = [&] { specs.on_readable(runtime::monotonic_now()); };
    KEELVIP_CHECK(loop.watch(specs.fd(), runtime::Interest::kRead, on_readable).has_value());
  }
  if (!specs.watch_problem().empty()) {
    runtime::log_event(runtime::LogLevel::kWarn, "Changes of specs may be noticed late",
                       {{"reason", specs.watch_problem()}});
  }
  const auto on_asked = [&] {
    channels.reload_asked.drain();
    specs.look_again(runtime::monotonic_now());
    runtime::log_event(runtime::LogLevel::kInfo, "A signal was obeyed", {{"asked", "reload"}});
  };
  KEELVIP_CHECK(
      loop.watch(channels.reload_asked.fd(), runtime::Interest::kRead, on_asked).has_value());
  KEELVIP_CHECK(loop.watch(stop.fd(), runtime::Interest::kRead, [] {}).has_value());
  channels.specs.put(specs.current());
  while (!stop.requested()) {
    const base::Instant now = runtime::monotonic_now();
    heartbeat.beat(now);
    if (auto changed = specs.advance(now)) {
      channels.specs.put(std::move(changed));
    }
    loop.wait(std::min(now + kIdleTurn, specs.next_deadline()));
  }
}

}  // namespace keelvip::agent
