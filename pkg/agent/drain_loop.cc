#include "pkg/agent/drain_loop.h"

#include <csignal>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {
namespace {

void obey_signal(const drain::DrainWatch& watch, bool drain) {
  const drain::DrainFile& file = watch.file();
  // Words that somebody has given before are kept.
  const char* reason = watch.order().drained ? "" : "by SIGUSR1";
  const auto done = drain ? file.write(reason) : file.remove();
  const char* asked = drain ? "drain" : "undrain";
  if (done) {
    runtime::log_event(runtime::LogLevel::kInfo, "A signal was obeyed",
                       {{"asked", asked}, {"file", file.path()}});
  } else {
    runtime::log_event(runtime::LogLevel::kError, "A signal could not be obeyed",
                       {{"asked", asked}, {"err", done.error().message}});
  }
}

void tell_problem(const drain::DrainWatch& watch) {
  if (!watch.problem().empty()) {
    runtime::log_event(runtime::LogLevel::kWarn, "This node cannot be drained by command or signal",
                       {{"reason", watch.problem()}});
  }
}

}  // namespace

void obey_signals(const drain::DrainWatch& watch, guard::Testament& testament) {
  auto& order = testament.drain_order();
  // It is over once it is obeyed, and not before: the next worker shall find it if we die.
  for (int signal = order; signal != 0; signal = order) {
    obey_signal(watch, signal == SIGUSR1);
    order.compare_exchange_strong(signal, 0);  // unless a newer one came meanwhile
  }
}

status::DrainStatus drain_status(const drain::DrainWatch& watch) {
  const drain::Order& order = watch.order();
  return {.drained = order.drained,
          .since = order.since,
          .reason = order.reason,
          .file = watch.file().path(),
          .problem = watch.problem()};
}

void run_drain_loop(drain::DrainWatch& watch, Channels& channels, guard::Testament& testament,
                    runtime::StopSignal& stop) {
  runtime::EventLoop loop;
  const auto wake_for = [&](int fd) {
    KEELVIP_CHECK(loop.watch(fd, runtime::Interest::kRead, [] {}).has_value());
  };
  if (watch.fd() >= 0) {
    wake_for(watch.fd());
  }
  const auto on_asked = [&] { channels.drain_asked.drain(); };
  KEELVIP_CHECK(
      loop.watch(channels.drain_asked.fd(), runtime::Interest::kRead, on_asked).has_value());
  wake_for(stop.fd());
  tell_problem(watch);
  while (!stop.requested()) {
    obey_signals(watch, testament);
    const std::string problem = watch.problem();
    if (watch.look()) {
      channels.drain.put(drain_status(watch));
    }
    if (watch.problem() != problem) {
      tell_problem(watch);
    }
    loop.wait(runtime::monotonic_now() + kIdleTurn);
  }
}

}  // namespace keelvip::agent
