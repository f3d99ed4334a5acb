#include "pkg/agent/agent.h"

#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

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
#include "pkg/agent/listen_loop.h"
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
#include "pkg/wire/listeners.h"
#include "pkg/wire/receiver.h"
#include "pkg/wire/sender.h"

namespace keelvip::agent {
namespace {

/// A loop that has not turned for so long hangs: it turns every kIdleTurn when idle.
constexpr base::Duration kHang = std::chrono::seconds(10);

/// The exit code of a worker that another one shall replace: "try again" of <sysexits.h>.
constexpr int kReplaceMe = EX_TEMPFAIL;

/// Why a worker stopped.
enum class Ending : bool { kAsked, kReplace };

/// Everything that can fail to start, opened in the order in which a user wants to hear of it:
/// what is wrong with the command line and the machine before anything touches the network.
struct Edges {
  specfile::SpecDirectory specs;
  httpapi::Listener listener;
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
  void stop(const runtime::Notify& notify);

  /// Says that all is as it should be, if it is, and when to say it again.
  [[nodiscard]] base::Instant give_life_sign(const runtime::Notify& notify) const;

  /// Obeys the testament's drain order, by another thread.
  void ask_to_drain() { channels_.drain_asked.signal(); }

  /// Reads the specs again at once, by another thread.
  void ask_to_reload() { channels_.reload_asked.signal(); }

  /// Readable when the worker should be replaced.
  [[nodiscard]] int replacement_asked() const { return channels_.replacement_asked.fd(); }

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

  wire::Listeners listeners_;

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
  obey_signals(edges_.drain, *charge_.testament);
  (void)edges_.drain.look();
  channels_.drain.put(drain_status(edges_.drain));
  threads_.emplace_back("speaker", Urgency::kRealtime, [this] {
    run_speaker_loop(edges_.receiver, edges_.sender, channels_, *charge_.testament,
                     heartbeats_.speaker, stop_rest_);
  });
  threads_.emplace_back("controller", Urgency::kPrompt, [this] {
    run_controller_loop(controller_, channels_, worker_facts_, heartbeats_.controller,
                        stop_controller_, given_up_);
  });
  // Before the controller, which on a busy processor would otherwise make plan after plan while
  // none is carried out.
  threads_.emplace_back("kernel", Urgency::kUrgent, [this] {
    run_kernel_loop(edges_.kernel, channels_, *charge_.testament, heartbeats_.kernel, stop_rest_);
  });
  threads_.emplace_back("listen", Urgency::kUrgent,
                        [this] { run_listen_loop(listeners_, channels_, stop_rest_); });
  threads_.emplace_back("specfile", Urgency::kNormal, [this] {
    run_spec_loop(edges_.specs, channels_, heartbeats_.specfile, stop_rest_);
  });
  threads_.emplace_back("drain", Urgency::kNormal, [this] {
    run_drain_loop(edges_.drain, channels_, *charge_.testament, stop_rest_);
  });
  threads_.emplace_back("probe", Urgency::kNormal, [this] {
    const probe::Prober::Settings settings{
        .user_agent = user_agent_, .exec_host = edges_.exec_host ? &*edges_.exec_host : nullptr};
    run_probe_loop(settings, channels_, heartbeats_.probe, stop_rest_);
  });
  threads_.emplace_back("http", Urgency::kNormal, [this] { run_http_loop(server_, stop_rest_); });
}

base::Instant Agent::give_life_sign(const runtime::Notify& notify) const {
  const auto period = notify.watchdog_period();
  if (!period) {
    return base::kNever;
  }
  const auto loops = loop_ages();
  if (std::ranges::all_of(loops, [](const auto& each) { return each.age < each.limit; })) {
    notify.send("WATCHDOG=1");
  }
  return runtime::monotonic_now() + *period / 3;
}

void Agent::stop(const runtime::Notify& notify) {
  stop_controller_.request();
  runtime::EventLoop loop;
  bool given_up = false;
  const auto on_given_up = [&] { given_up = true; };
  KEELVIP_CHECK(loop.watch(given_up_.fd(), runtime::Interest::kRead, on_given_up).has_value());
  while (!given_up) {
    loop.wait(give_life_sign(notify));
  }
  stop_rest_.request();
  threads_.clear();
  obey_signals(edges_.drain, *charge_.testament);  // what came meanwhile is for the next start
}

base::Result<Edges> open_edges(const Options& options) {
  // First, while there is little that its process would have a copy of.
  auto exec_host = probe::ExecHost::start();
  auto specs = specfile::SpecDirectory::open(options.config_directory, runtime::monotonic_now());
  if (!specs) {
    return base::unexpected(specs.error());
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
  return Edges{std::move(*specs),  std::move(*listener),
               std::move(drain),   exec_host ? std::optional(std::move(*exec_host)) : std::nullopt,
               std::move(*kernel), std::move(*receiver),
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
Ending attend(Agent& agent, const runtime::SignalReader& signals, const runtime::Notify& notify) {
  runtime::EventLoop loop;
  bool stop = false;
  bool replace = false;
  const auto on_signal = [&] {
    while (const auto signal = signals.take()) {
      if (*signal == SIGUSR1 || *signal == SIGUSR2) {
        agent.ask_to_drain();
      }
      if (*signal == SIGHUP) {
        agent.ask_to_reload();
      }
      stop = stop || *signal == SIGTERM || *signal == SIGINT;
    }
  };
  KEELVIP_CHECK(loop.watch(signals.fd(), runtime::Interest::kRead, on_signal).has_value());
  const auto on_replacement = [&] { replace = true; };
  KEELVIP_CHECK(
      loop.watch(agent.replacement_asked(), runtime::Interest::kRead, on_replacement).has_value());
  while (!stop && !replace) {
    loop.wait(agent.give_life_sign(notify));
  }
  return stop ? Ending::kAsked : Ending::kReplace;
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
base::Result<Ending> work(const Options& options, const guard::Charge& charge,
                          const runtime::Notify& notify) {
  const pid_t guard = ::getppid();
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
  Ending ending = attend(agent, signals, notify);

  if (::getppid() != guard) {
    runtime::log_event(runtime::LogLevel::kError, "The guard died, so the worker stops");
  }
  if (ending == Ending::kAsked) {
    notify.send("STOPPING=1");
  }
  agent.stop(notify);
  while (const auto signal = signals.take()) {  // one may have come meanwhile
    ending = *signal == SIGTERM || *signal == SIGINT ? Ending::kAsked : ending;
  }
  runtime::log_event(runtime::LogLevel::kInfo, "Stopped");
  return ending;
}

}  // namespace

base::Result<int> run(const Options& options, const Conclude& conclude) {
  // By the guard, so that it is held between two workers too, and by each worker with it.
  const auto lock = InstanceLock::take();
  if (!lock) {
    return base::unexpected(lock.error());
  }
  const runtime::Notify notify = runtime::Notify::from_environment();
  return guard::run(
      {.log_format = options.log_format, .notify = &notify}, [&](const guard::Charge& charge) {
        const auto ending = work(options, charge, notify);
        if (ending && *ending == Ending::kReplace) {
          return kReplaceMe;
        }
        return conclude(ending ? base::Result<void>() : base::unexpected(ending.error()));
      });
}

}  // namespace keelvip::agent
