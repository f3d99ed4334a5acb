#include "pkg/agent/probe_loop.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {

void run_probe_loop(const probe::Prober::Settings& settings, Channels& channels,
                    runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  bool runs_commands = false;
  const probe::Prober* running = nullptr;
  const auto is_crippled = [&] { return runs_commands && running->has_lost_exec_host(); };
  // A result that finds the mailbox full is lost, as if the check had not run: the verdict stays
  // and the next period brings another. So are those of a worker that is to be replaced: that its
  // commands end says nothing of the service.
  probe::Prober prober(loop, settings, [&](const health::CheckResult& result) {
    if (!is_crippled()) {
      channels.check_results.put(result);
    }
  });
  running = &prober;
  const auto adopt = [&] {
    if (const auto* checks = channels.checks.take()) {
      prober.adopt(*checks, runtime::monotonic_now());
      runs_commands = std::ranges::any_of(*checks, [](const health::CheckSpec& check) {
        return std::holds_alternative<health::ExecProbe>(check.probe);
      });
    }
  };
  KEELVIP_CHECK(loop.watch(stop.fd(), runtime::Interest::kRead, [] {}).has_value());
  KEELVIP_CHECK(loop.watch(channels.checks.fd(), runtime::Interest::kRead, adopt).has_value());
  bool told = false;
  while (!stop.requested()) {
    const base::Instant now = runtime::monotonic_now();
    heartbeat.beat(now);
    prober.advance(now);
    if (is_crippled() && !std::exchange(told, true)) {
      // Only one that starts has the capabilities of which that process needs some.
      runtime::log_event(runtime::LogLevel::kError, "The worker is to be replaced",
                         {{"reason", "the process that runs the commands of checks has ended"}});
      channels.replacement_asked.signal();
    }
    loop.wait(std::min(prober.next_deadline(), now + kIdleTurn));
  }
}

}  // namespace keelvip::agent
