#include "pkg/probe/prober.h"

#include <csignal>
#include <cstdint>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "pkg/base/overloaded.h"
#include "pkg/runtime/clock.h"

namespace keelvip::probe {
namespace {

// A command's deadline is the ExecHost's. Only if that says nothing for so much longer we end the
// wait ourselves.
constexpr base::Duration kHostSlack = base::Milliseconds{1000};
// Later than this we have not been running ourselves, and answers wait in the kernel.
constexpr base::Duration kLate = base::Milliseconds{50};
// Attempts begun before what is ready gets its turn again.
constexpr int kStartsAtOnce = 64;
constexpr std::size_t kAddressesTried = 4;

bool asks_the_same(const health::CheckSpec& left, const health::CheckSpec& right) {
  return left.probe == right.probe && left.revision == right.revision;
}

}  // namespace

Prober::Prober(runtime::EventLoop& loop, Settings settings, Deliver deliver)
    : deliver_(std::move(deliver)),
      resolver_(loop,
                [this](const std::string& host, const Resolver::Addresses& addresses) {
                  on_resolved(host, addresses);
                }),
      tcp_(loop, [this](AttemptId id, Outcome outcome) { on_done(id, std::move(outcome)); }),
      http_(loop, std::move(settings.user_agent),
            [this](AttemptId id, Outcome outcome) { on_done(id, std::move(outcome)); }),
      exec_(
          loop, settings.exec_host,
          [this](AttemptId id, Outcome outcome) { on_done(id, std::move(outcome)); },
          [this](const health::CheckId& id) { on_gone(id); }) {
  // OpenSSL writes to sockets with write(2): a peer that has gone would end the process.
  std::signal(SIGPIPE, SIG_IGN);
}

void Prober::adopt(const std::vector<health::CheckSpec>& specs, base::Instant now) {
  std::map<health::CheckId, const health::CheckSpec*> wanted;
  for (const health::CheckSpec& spec : specs) {
    wanted.insert_or_assign(spec.id, &spec);
  }
  for (auto at = checks_.begin(); at != checks_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    abandon(at->second);
    wake_at(at->second, base::kNever);
    at = checks_.erase(at);
  }
  for (const auto& [id, spec] : wanted) {
    if (const auto known = checks_.find(id); known != checks_.end()) {
      change(known->second, *spec, now);
    } else {
      add(*spec, now);
    }
  }
}

void Prober::add(const health::CheckSpec& spec, base::Instant now) {
  Check check{.spec = spec,
              .schedule = health::Schedule(spec.id, spec.period, now),
              .attempt = std::nullopt};
  const auto added = checks_.emplace(spec.id, std::move(check)).first;
  wake_when_due(added->second);
}

void Prober::change(Check& check, const health::CheckSpec& spec, base::Instant now) {
  if (check.spec == spec) {
    return;
  }
  if (!asks_the_same(check.spec, spec)) {
    abandon(check);
    check.waits_for_older_run = false;
    check.schedule = health::Schedule(spec.id, spec.period, now);
  } else if (check.spec.period != spec.period) {
    check.schedule.change_period(spec.period, now);
  }
  check.spec = spec;
  if (!check.attempt && !check.waits_for_older_run) {
    wake_when_due(check);
  }
}

void Prober::abandon(Check& check) {
  if (check.attempt) {
    const AttemptId id = *check.attempt;
    check.attempt.reset();
    attempts_.erase(id);
    cancel_in_engines(id);
  }
}

void Prober::cancel_in_engines(AttemptId id) {
  tcp_.cancel(id);
  http_.cancel(id);
  exec_.cancel(id);
}

void Prober::wake_at(Check& check, base::Instant when) {
  wakes_.erase({check.wake, &check});
  check.wake = when;
  if (when != base::kNever) {
    wakes_.emplace(when, &check);
  }
}

void Prober::wake_when_due(Check& check) {
  wake_at(check, check.schedule.due());
}

base::Instant Prober::next_deadline() const {
  const base::Instant wake = wakes_.empty() ? base::kNever : wakes_.begin()->first;
  return std::min(wake, http_.next_deadline());
}

void Prober::advance(base::Instant now) {
  http_.advance(now);
  int started = 0;
  while (!wakes_.empty() && wakes_.begin()->first <= now && started < kStartsAtOnce) {
    Check& check = *wakes_.begin()->second;
    if (check.attempt) {
      time_out(check, now);
    } else {
      start(check, now);
      ++started;
    }
  }
}

void Prober::start(Check& check, base::Instant now) {
  if (is_held_up(check, now)) {
    return;
  }
  const bool is_command = std::holds_alternative<health::ExecProbe>(check.spec.probe);
  const AttemptId id = ++last_attempt_;
  Attempt attempt;
  attempt.check = &check;
  attempt.started = now;
  attempt.deadline = now + check.spec.timeout + (is_command ? kHostSlack : base::Duration::zero());
  check.schedule.start(now);
  check.attempt = id;
  wake_at(check, attempt.deadline);
  attempts_.emplace(id, std::move(attempt));
  std::visit(base::overloaded{
                 [&](const health::ExecProbe& probe) { exec_.start(id, check.spec, probe); },
                 [&](const auto& probe) { start_connecting(id, probe.host, probe.port); },
             },
             check.spec.probe);
}

bool Prober::is_held_up(Check& check, base::Instant now) {
  const auto revision = exec_.revision_running(check.spec.id);
  if (!revision) {
    check.waits_for_older_run = false;
    return false;
  }
  if (std::exchange(check.waits_for_older_run, false)) {
    check.schedule.start(now);
    check.schedule.finish(now);
    wake_when_due(check);
    deliver(check, false, "processes of the run before are still there", now - check.spec.timeout,
            now);
    return true;
  }
  // What an older question left behind says nothing about this one, so that wait has no limit.
  check.waits_for_older_run = true;
  wake_at(check, *revision == check.spec.revision ? now + check.spec.timeout : base::kNever);
  return true;
}

void Prober::on_gone(const health::CheckId& id) {
  const auto found = checks_.find(id);
  if (found != checks_.end() && std::exchange(found->second.waits_for_older_run, false)) {
    wake_when_due(found->second);
  }
}

void Prober::start_connecting(AttemptId id, const std::string& host, std::uint16_t port) {
  Attempt& attempt = attempts_.at(id);
  if (const auto endpoint = literal_endpoint(host, port)) {
    attempt.elsewhere.push_back(*endpoint);
    connect_next(id);
  } else {
    attempt.resolving = true;
    resolver_.resolve(host);
  }
}

void Prober::on_resolved(const std::string& host, const Resolver::Addresses& addresses) {
  std::vector<AttemptId> waiting;
  for (const auto& [id, attempt] : attempts_) {
    const bool is_this =
        std::visit(base::overloaded{[](const health::ExecProbe&) { return false; },
                                    [&](const auto& probe) { return probe.host == host; }},
                   attempt.check->spec.probe);
    if (attempt.resolving && is_this) {
      waiting.push_back(id);
    }
  }
  for (const AttemptId id : waiting) {
    if (!addresses) {
      finish(id, false, addresses.error().message);
      continue;
    }
    Attempt& attempt = attempts_.at(id);
    attempt.resolving = false;
    const std::uint16_t port =
        std::visit(base::overloaded{[](const health::ExecProbe&) { return std::uint16_t{0}; },
                                    [](const auto& probe) { return probe.port; }},
                   attempt.check->spec.probe);
    const std::size_t count = std::min(addresses->size(), kAddressesTried);
    for (std::size_t i = count; i > 0; --i) {
      const Endpoint& address = (*addresses)[i - 1];
      attempt.elsewhere.push_back(endpoint_of(*address.address(), address.length, port));
    }
    connect_next(id);
  }
}

void Prober::connect_next(AttemptId id) {
  Attempt& attempt = attempts_.at(id);
  attempt.endpoint = attempt.elsewhere.back();
  attempt.elsewhere.pop_back();
  // Copies: an engine may finish the attempt before it returns.
  const Endpoint endpoint = attempt.endpoint;
  if (const auto* http = std::get_if<health::HttpProbe>(&attempt.check->spec.probe)) {
    http_.start(id, *http, endpoint);
  } else {
    tcp_.start(id, endpoint);
  }
}

void Prober::on_done(AttemptId id, Outcome outcome) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) {
    return;
  }
  if (outcome.unreachable && !found->second.elsewhere.empty()) {
    connect_next(id);
    return;
  }
  if (outcome.unreachable) {
    outcome.reason = fmt::format("{}: {}", to_string(found->second.endpoint), outcome.reason);
  }
  finish(id, outcome.success, std::move(outcome.reason));
}

void Prober::time_out(Check& check, base::Instant now) {
  const AttemptId id = check.attempt.value();
  Attempt& attempt = attempts_.at(id);
  if (now - attempt.deadline > kLate && !attempt.reprieved) {
    attempt.reprieved = true;
    wake_at(check, now + kLate);
    return;
  }
  std::string reason =
      fmt::format("timed out after {}, {}", describe(check.spec.timeout), progress(id, attempt));
  cancel_in_engines(id);
  finish(id, false, std::move(reason));
}

std::string Prober::progress(AttemptId id, const Attempt& attempt) const {
  const auto& probe = attempt.check->spec.probe;
  if (std::holds_alternative<health::ExecProbe>(probe)) {
    return "no word from the process that runs commands";
  }
  if (attempt.resolving) {
    return "resolving the host name";
  }
  const std::string what =
      std::holds_alternative<health::HttpProbe>(probe) ? http_.progress(id) : "connecting";
  return fmt::format("{} ({})", what, to_string(attempt.endpoint));
}

void Prober::finish(AttemptId id, bool success, std::string reason) {
  const auto found = attempts_.find(id);
  Check& check = *found->second.check;
  const base::Instant started = found->second.started;
  attempts_.erase(found);
  check.attempt.reset();
  const base::Instant now = runtime::monotonic_now();
  check.schedule.finish(now);
  wake_when_due(check);
  deliver(check, success, std::move(reason), started, now);
}

void Prober::deliver(const Check& check, bool success, std::string reason, base::Instant started,
                     base::Instant ended) {
  deliver_({.id = check.spec.id,
            .success = success,
            .reason = std::move(reason),
            .took = ended - started,
            .ended = ended,
            .revision = check.spec.revision});
}

}  // namespace keelvip::probe
