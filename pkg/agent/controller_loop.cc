#include "pkg/agent/controller_loop.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pkg/base/check.h"
#include "pkg/reconcile/event.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {
namespace {

runtime::LogLevel level_of(reconcile::Severity severity) {
  switch (severity) {
    case reconcile::Severity::kInfo:
      return runtime::LogLevel::kInfo;
    case reconcile::Severity::kWarning:
      return runtime::LogLevel::kWarn;
    case reconcile::Severity::kError:
      break;
  }
  return runtime::LogLevel::kError;
}

class ControllerLoop {
 public:
  ControllerLoop(reconcile::Controller& controller, Channels& channels,
                 const WorkerFacts& worker_facts)
      : controller_(controller), channels_(channels), worker_facts_(worker_facts) {
    // The handlers only wake: take_in() looks at every channel, in the order that matters.
    for (const int fd :
         {channels_.speaker_report.fd(), channels_.steps_done.fd(), channels_.host_facts.fd(),
          channels_.specs.fd(), channels_.drain.fd(), channels_.check_results.fd()}) {
      watch(fd);
    }
    KEELVIP_CHECK(loop_
                      .watch(channels_.snapshot_wanted.fd(), runtime::Interest::kRead,
                             [this] {
                               channels_.snapshot_wanted.drain();
                               snapshot_wanted_ = true;
                             })
                      .has_value());
  }

  void run(runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
    watch(stop.fd());
    bool stopping = false;
    while (!stopping || !controller_.stopped()) {
      heartbeat.beat(runtime::monotonic_now());
      loop_.wait(next_turn());
      if (stop.requested() && !std::exchange(stopping, true)) {
        loop_.unwatch(stop.fd());
        handle(reconcile::StopRequested{});
      }
      take_in();
      if (std::exchange(snapshot_wanted_, false)) {
        publish_snapshot();
      }
    }
  }

 private:
  void watch(int fd) {
    KEELVIP_CHECK(loop_.watch(fd, runtime::Interest::kRead, [] {}).has_value());
  }

  [[nodiscard]] base::Instant next_turn() const {
    return std::min(controller_.next_deadline(), runtime::monotonic_now() + kIdleTurn);
  }

  void take_in() {
    // Answers are taken out before the facts and handled after them: facts that are taken later
    // contain what the answers report, see run_kernel_loop.
    auto answers = channels_.steps_done.take();
    if (const auto* report = channels_.speaker_report.take()) {
      handle(reconcile::SpeakerReported{report});
    }
    // Before the facts and the specs: a node that starts drained must not stand for election.
    if (const auto* drain = channels_.drain.take()) {
      handle(reconcile::DrainRead{*drain});
    }
    if (const auto* facts = channels_.host_facts.take()) {
      handle(reconcile::HostRead{*facts});
    }
    if (!answers.items.empty()) {
      reconcile::StepsDone done;
      for (std::vector<net::StepDone>& chunk : answers.items) {
        std::ranges::move(chunk, std::back_inserter(done.answers));
      }
      handle(std::move(done));
    }
    if (const auto* specs = channels_.specs.take()) {
      handle(reconcile::SpecsRead{*specs});
    }
    if (auto results = channels_.check_results.take(); !results.items.empty()) {
      handle(reconcile::ChecksEnded{std::move(results.items)});
    }
    if (runtime::monotonic_now() >= controller_.next_deadline()) {
      handle(reconcile::TimePassed{});
    }
  }

  void handle(const reconcile::Event& event) {
    carry_out(controller_.handle(event, runtime::now()));
  }

  void carry_out(reconcile::Commands commands) {
    if (!commands.steps.empty()) {
      order(commands.steps);
    }
    if (commands.speaker) {
      channels_.speaker_config.put(std::move(*commands.speaker));
    }
    if (commands.checks) {
      channels_.checks.put(std::move(*commands.checks));
    }
    for (const reconcile::Occurrence& occurrence : commands.occurrences) {
      std::vector<runtime::LogField> fields;
      for (const auto& [key, value] : occurrence.fields) {
        fields.push_back({std::string(key), value});
      }
      runtime::log_event(level_of(occurrence.severity), occurrence.message, fields);
    }
  }

  /// With its mailbox full the kernel thread is far behind: the steps come back as failures, and
  /// backoff slows down whoever wants them.
  void order(const std::vector<net::AddressStep>& steps) {
    if (channels_.steps.put(steps)) {
      return;
    }
    std::vector<net::StepDone> refused;
    for (const net::AddressStep& step : steps) {
      refused.push_back({step, base::unexpected(base::retry_error(
                                   "too many address changes are waiting for the kernel"))});
    }
    channels_.steps_done.put(std::move(refused));
  }

  void publish_snapshot() {
    auto snapshot = std::make_shared<status::Snapshot>(controller_.snapshot(runtime::now()));
    snapshot->worker = worker_facts_();
    channels_.snapshot.put(std::move(snapshot));
    channels_.snapshot.draft().reset();  // it holds the one before the last
  }

  reconcile::Controller& controller_;
  Channels& channels_;
  const WorkerFacts& worker_facts_;
  runtime::EventLoop loop_;
  bool snapshot_wanted_ = false;
};

}  // namespace

void run_controller_loop(reconcile::Controller& controller, Channels& channels,
                         const WorkerFacts& worker_facts, runtime::Heartbeat& heartbeat,
                         runtime::StopSignal& stop, const runtime::Wakeup& stopped) {
  ControllerLoop(controller, channels, worker_facts).run(heartbeat, stop);
  stopped.signal();
}

}  // namespace keelvip::agent
