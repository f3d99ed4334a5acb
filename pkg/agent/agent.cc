#include "pkg/agent/agent.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pkg/agent/channels.h"
#include "pkg/agent/controller_loop.h"
#include "pkg/agent/drain_loop.h"
#include "pkg/agent/http_loop.h"
#include "pkg/agent/instance_lock.h"
#include "pkg/agent/kernel_loop.h"
#include "pkg/agent/privileges.h"
#include "pkg/agent/probe_loop.h"
#include "pkg/agent/speaker_loop.h"
#include "pkg/agent/spec_loop.h"
#include "pkg/base/check.h"
#include "pkg/drain/drain_watch.h"
#include "pkg/guard/guard.h"
#include "pkg/httpapi/server.h"
#include "pkg/kernel/kernel.h"
#include "pkg/probe/exec_host.h"
#include "pkg/reconcile/controller.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/notify.h"
#include "pkg/runtime/signals.h"
#include "pkg/runtime/stop_signal.h"
#include "pkg/runtime/thread.h"
#include "pkg/specfile/spec_directory.h"
#include "pkg/wire/receiver.h"
#include "pkg/wire/sender.h"

namespace keelvip::agent {
namespace {

/// A loop that has not turned for so long hangs: it turns every kIdleTurn when idle.
constexpr base::Duration kHang = std::chrono::seconds(10);

/// Everything that can fail to start, opened in the order in which a user wants to hear of it:
/// what is wrong with the command line and the machine before anything touches the network.
struct Edges {
  specfile::SpecDirectory specs;
  httpapi::Listener listener;
  InstanceLock lock;
  drain::DrainWatch drain;
  std::optional<probe::ExecHost> exec_host;
  kernel::Kernel kernel;
  wire::Receiver receiver;
  wire::Sender sender;
};

class Agent {
 public:
  Agent(const Options& options, const guard::Charge& charge, Edges edges)
      : edges_(std::move(edges)),
        charge_(charge),
        worker_facts_([this] { return worker_facts(); }),
        controller_({.node = options.node_name,
                     .spec_source = options.config_directory,
                     .version = options.version,
                     .commit = options.commit},
                    runtime::now()),
        snapshots_(channels_),
        user_agent_(fmt::format("keelvip/{}", options.version)),
        server_(std::move(edges_.listener),
                {.snapshot = [this] { return snapshots_.newest(); },
                 .loops = [this] { return loop_ages(); }},
                {}) {}

  void start();
  /// Gives every address up, then ends every thread.
  void stop();

  /// Takes the node out of service, or back; it is done by another thread.
  void ask_to_drain(bool drain) { channels_.drain_asked.put(drain); }

  /// Reads the specs again at once, by another thread.
  void ask_to_reload() { channels_.reload_asked.signal(); }

  [[nodiscard]] const std::string& address() const { return server_.address(); }
  [[nodiscard]] std::vector<httpapi::LoopAge> loop_ages() const;

 private:
  [[nodiscard]] status::WorkerStatus worker_facts() const;

  Edges edges_;
  const guard::Charge& charge_;
  WorkerFacts worker_facts_;
  Channels channels_;
  Heartbeats heartbeats_;
  reconcile::Controller controller_;
  SnapshotReader snapshots_;
  std::string user_agent_;
  httpapi::Server server_;

  runtime::StopSignal stop_controller_;
  runtime::StopSignal stop_rest_;
  runtime::Wakeup given_up_;
  std::vector<runtime::Thread> threads_;
};

std::vector<httpapi::LoopAge> Agent::loop_ages() const {
  const base::Instant now = runtime::monotonic_now();
  return {{"speaker", heartbeats_.speaker.age(now), kHang},
          {"controller", heartbeats_.controller.age(now), kHang},
          {"kernel", heartbeats_.kernel.age(now), kHang},
          {"specfile", heartbeats_.specfile.age(now), kHang},
          {"probe", heartbeats_.probe.age(now), kHang}};
}

status::WorkerStatus Agent::worker_facts() const {
  const guard::LeftOut left_out = charge_.testament->left_out();
  status::WorkerStatus facts{.restarts = charge_.restarts,
                             .last_death = {},
                             .last_death_at = {},
                             .unguarded_routers = left_out.routers,
                             .unguarded_addresses = left_out.addresses};
  if (charge_.last_death) {
    facts.last_death = guard::describe(*charge_.last_death);
    facts.last_death_at = charge_.last_death->at;
  }
  return facts;
}

void Agent::start() {
  using runtime::Thread;
  using runtime::Urgency;
  // Before the controller starts: it must know before it stands for any election.
  channels_.drain.put(drain_status(edges_.drain));
  threads_.emplace_back("speaker", Urgency::kRealtime, [this] {
    run_speaker_loop(edges_.receiver, edges_.sender, channels_, *charge_.testament,
                     heartbeats_.speaker, stop_rest_);
  });
  threads_.emplace_back("controller", Urgency::kUrgent, [this] {
    run_controller_loop(controller_, channels_, worker_facts_, heartbeats_.controller,
                        stop_controller_, given_up_);
  });
  threads_.emplace_back("kernel", Urgency::kUrgent, [this] {
    run_kernel_loop(edges_.kernel, channels_, *charge_.testament, heartbeats_.kernel, stop_rest_);
  });
  threads_.emplace_back("specfile", Urgency::kNormal, [this] {
    run_spec_loop(edges_.specs, channels_, heartbeats_.specfile, stop_rest_);
  });
  threads_.emplace_back("drain", Urgency::kNormal,
                        [this] { run_drain_loop(edges_.drain, channels_, stop_rest_); });
  threads_.emplace_back("probe", Urgency::kNormal, [this] {
    const probe::Prober::Settings settings{
        .user_agent = user_agent_, .exec_host = edges_.exec_host ? &*edges_.exec_host : nullptr};
    run_probe_loop(settings, channels_, heartbeats_.probe, stop_rest_);
  });
  threads_.emplace_back("http", Urgency::kNormal, [this] { run_http_loop(server_, stop_rest_); });
}

void Agent::stop() {
  stop_controller_.request();
  runtime::EventLoop loop;
  KEELVIP_CHECK(loop.watch(given_up_.fd(), runtime::Interest::kRead, [] {}).has_value());
  loop.wait(base::kNever);
  stop_rest_.request();
  threads_.clear();
}

base::Result<Edges> open_edges(const Options& options) {
  // First, while there is little that its process would have a copy of.
  auto exec_host = probe::ExecHost::start();
  auto specs = specfile::SpecDirectory::open(options.config_directory, runtime::monotonic_now());
  if (!specs) {
    return base::unexpected(specs.error());
  }
  auto lock = InstanceLock::take();
  if (!lock) {
    return base::unexpected(lock.error());
  }
  // Before the privileges go, so that a port below 1024 can be had.
  auto listener = httpapi::open_listener(options.listen);
  if (!listener) {
    return base::unexpected(base::wrap(listener.error(), "cannot serve the endpoints"));
  }
  auto shortfalls = settle_privileges();
  if (!shortfalls) {
    return base::unexpected(shortfalls.error());
  }
  const drain::DrainFile drain_file(options.state_directory);
  // Where that fails the watch says what is missing.
  (void)drain_file.make_directory();
  drain::DrainWatch drain(drain_file);
  runtime::start_log(options.log_format, options.log_level);
  for (const std::string& shortfall : *shortfalls) {
    runtime::log_event(runtime::LogLevel::kWarn, "Failover may be late on a busy machine",
                       {{"reason", shortfall}});
  }
  if (!exec_host) {
    runtime::log_event(runtime::LogLevel::kWarn, "Exec checks will fail",
                       {{"err", exec_host.error().message}});
  }
  auto kernel = kernel::Kernel::open();
  if (!kernel) {
    return base::unexpected(base::wrap(kernel.error(), "cannot watch links and addresses"));
  }
  auto receiver = wire::Receiver::open();
  if (!receiver) {
    return base::unexpected(receiver.error());
  }
  auto sender = wire::Sender::open();
  if (!sender) {
    return base::unexpected(sender.error());
  }
  return Edges{std::move(*specs),
               std::move(*listener),
               std::move(*lock),
               std::move(drain),
               exec_host ? std::optional(std::move(*exec_host)) : std::nullopt,
               std::move(*kernel),
               std::move(*receiver),
               std::move(*sender)};
}

/// Writes out what is queued in the log, however run() ends.
struct LogSession {
  LogSession() = default;
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;
  ~LogSession() { runtime::stop_log(); }
};

/// Hands out a descriptor to each raw socket and slow client that the limits allow.
void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The main thread while the agent works: signals in, life signs to the service manager out. A loop
/// that hangs ends the life signs, and the service manager restarts the process.
void attend(Agent& agent, const runtime::SignalReader& signals, const runtime::Notify& notify) {
  runtime::EventLoop loop;
  bool stop = false;
  const auto on_signal = [&] {
    while (const auto signal = signals.take()) {
      if (*signal == SIGUSR1 || *signal == SIGUSR2) {
        agent.ask_to_drain(*signal == SIGUSR1);
      }
      if (*signal == SIGHUP) {
        agent.ask_to_reload();
      }
      stop = stop || *signal == SIGTERM || *signal == SIGINT;
    }
  };
  KEELVIP_CHECK(loop.watch(signals.fd(), runtime::Interest::kRead, on_signal).has_value());
  const auto alive = [&] {
    const auto loops = agent.loop_ages();
    return std::ranges::all_of(loops, [](const auto& each) { return each.age < each.limit; });
  };
  while (!stop) {
    base::Instant next = base::kNever;
    if (const auto period = notify.watchdog_period()) {
      if (alive()) {
        notify.send("WATCHDOG=1");
      }
      next = runtime::monotonic_now() + *period / 3;
    }
    loop.wait(next);
  }
}

void tell_start(const Options& options, const guard::Charge& charge, const Agent& agent) {
  runtime::log_event(runtime::LogLevel::kInfo, "Started",
                     {{"version", options.version},
                      {"node", options.node_name},
                      {"config", options.config_directory},
                      {"listen", agent.address()}});
  if (charge.last_death) {
    runtime::log_event(runtime::LogLevel::kWarn, "The worker before this one died",
                       {{"reason", guard::describe(*charge.last_death)},
                        {"restarts", fmt::format("{}", charge.restarts)}});
  }
  if (!charge.shortfall.empty()) {
    runtime::log_event(runtime::LogLevel::kWarn, "The guard cannot do all that it should",
                       {{"reason", charge.shortfall}});
  }
}

/// The worker's life.
base::Result<void> work(const Options& options, const guard::Charge& charge,
                        const runtime::Notify& notify) {
  const runtime::SignalReader signals{SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const LogSession log_session;

  auto edges = open_edges(options);
  if (!edges) {
    return base::unexpected(edges.error());
  }
  Agent agent(options, charge, std::move(*edges));
  agent.start();
  charge.testament->announce_ready();
  tell_start(options, charge, agent);
  notify.send(fmt::format("READY=1\nSTATUS=Serving {}", agent.address()));
  attend(agent, signals, notify);

  notify.send("STOPPING=1");
  agent.stop();
  runtime::log_event(runtime::LogLevel::kInfo, "Stopped");
  return {};
}

}  // namespace

base::Result<int> run(const Options& options, const Conclude& conclude) {
  const runtime::Notify notify = runtime::Notify::from_environment();
  return guard::run(
      {.log_format = options.log_format, .notify = &notify},
      [&](const guard::Charge& charge) { return conclude(work(options, charge, notify)); });
}

}  // namespace keelvip::agent
