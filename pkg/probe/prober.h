// Prober: runs the checks that it was last given, each on its own schedule, and reports every
// attempt. A passive object: its owner's event loop calls it, and nothing in it blocks, so that a
// server that stalls, drips or floods costs nobody but its own check anything.
//
//   runtime::EventLoop loop;
//   Prober prober(loop, settings, deliver);
//   while (...) { loop.wait(prober.next_deadline()); prober.advance(runtime::monotonic_now()); }
//
// Used by the agent's probe thread, on that thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/health/check.h"
#include "pkg/health/schedule.h"
#include "pkg/probe/attempt.h"
#include "pkg/probe/endpoint.h"
#include "pkg/probe/exec_host.h"
#include "pkg/probe/exec_probe.h"
#include "pkg/probe/http_probe.h"
#include "pkg/probe/resolver.h"
#include "pkg/probe/tcp_probe.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::probe {

class Prober {
 public:
  struct Settings {
    std::string user_agent;               // "keelvip/0.1.0"
    const ExecHost* exec_host = nullptr;  // without it exec checks fail; must outlive the prober
  };

  /// Gets every result, on the prober's thread. It must not call the prober.
  using Deliver = std::function<void(const health::CheckResult&)>;

  /// Has the process ignore SIGPIPE: OpenSSL writes to sockets whose peer may have gone.
  Prober(runtime::EventLoop& loop, Settings settings, Deliver deliver);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober() = default;

  /// Makes `specs` (the last of one id wins) all that runs. A check that is the same goes on
  /// undisturbed; one with another period or timeout keeps the attempt that runs; one that asks
  /// something else, or is gone, has its attempt ended without a result.
  void adopt(const std::vector<health::CheckSpec>& specs, base::Instant now);

  [[nodiscard]] base::Instant next_deadline() const;
  void advance(base::Instant now);

  /// Whether the process that runs commands has ended, so that every exec check fails.
  [[nodiscard]] bool has_lost_exec_host() const { return exec_.has_lost_host(); }

  /// Attempts that run now.
  [[nodiscard]] std::size_t running() const { return attempts_.size(); }

 private:
  struct Check {
    health::CheckSpec spec;
    health::Schedule schedule;
    std::optional<AttemptId> attempt;
    base::Instant wake = base::kNever;  // its place in wakes_
    bool waits_for_older_run = false;
  };
  struct Attempt {
    Check* check = nullptr;
    base::Instant started;
    base::Instant deadline;
    bool resolving = false;
    bool reprieved = false;           // we were late ourselves; see time_out()
    Endpoint endpoint;                // where it connects to now
    std::vector<Endpoint> elsewhere;  // addresses not tried yet, the next one last
  };

  void add(const health::CheckSpec& spec, base::Instant now);
  void change(Check& check, const health::CheckSpec& spec, base::Instant now);
  void abandon(Check& check);
  void wake_at(Check& check, base::Instant when);
  void wake_when_due(Check& check);

  void start(Check& check, base::Instant now);
  /// True if processes of an earlier run are still there. The attempt then waits for their end, as
  /// long as its timeout, and has failed if that does not come.
  bool is_held_up(Check& check, base::Instant now);
  void start_connecting(AttemptId id, const std::string& host, std::uint16_t port);
  void connect_next(AttemptId id);
  void on_resolved(const std::string& host, const Resolver::Addresses& addresses);
  void on_done(AttemptId id, Outcome outcome);
  void on_gone(const health::CheckId& id);
  void time_out(Check& check, base::Instant now);
  void finish(AttemptId id, bool success, std::string reason);
  void deliver(const Check& check, bool success, std::string reason, base::Instant started,
               base::Instant ended);
  void cancel_in_engines(AttemptId id);
  [[nodiscard]] std::string progress(AttemptId id, const Attempt& attempt) const;

  Deliver deliver_;
  std::map<health::CheckId, Check> checks_;
  std::set<std::pair<base::Instant, Check*>> wakes_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  AttemptId last_attempt_ = 0;

  Resolver resolver_;
  TcpProbes tcp_;
  HttpProbes http_;
  ExecProbes exec_;
};

}  // namespace keelvip::probe
