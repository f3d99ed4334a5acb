#include "pkg/agent/probe_loop.h"

#include <algorithm>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {

void run_probe_loop(const probe::Prober::Settings& settings, Channels& channels,
                    runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  // A result that finds the mailbox full is lost, as if the check had not run: the verdict stays
  // and the next period brings another.
  probe::Prober prober(loop, settings, [&](const health::CheckResult& result) {
    channels.check_results.put(result);
  });
  const auto adopt = [&] {
    if (const auto* checks = channels.checks.take()) {
      prober.adopt(*checks, runtime::monotonic_now());
    }
  };
  KEELVIP_CHECK(loop.watch(stop.fd(), runtime::Interest::kRead, [] {}).has_value());
  KEELVIP_CHECK(loop.watch(channels.checks.fd(), runtime::Interest::kRead, adopt).has_value());
  bool told = false;
  while (!stop.requested()) {
    const base::Instant now = runtime::monotonic_now();
    heartbeat.beat(now);
    prober.advance(now);
    if (prober.has_lost_exec_host() && !std::exchange(told, true)) {
      runtime::log_event(runtime::LogLevel::kError, "Exec checks fail until the agent is restarted",
                         {{"reason", "the process that runs commands has ended"}});
    }
    loop.wait(std::min(prober.next_deadline(), now + kIdleTurn));
  }
}

}  // namespace keelvip::agent
