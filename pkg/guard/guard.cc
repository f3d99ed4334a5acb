#include "pkg/guard/guard.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <span>
#include <utility>

#include "pkg/guard/last_gasp.h"
#include "pkg/guard/privileges.h"
#include "pkg/guard/restart_pacing.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/log_line.h"
#include "pkg/runtime/realtime.h"

namespace keelvip::guard {

namespace {

constexpr std::array kHandedOn{SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
constexpr std::array kHeard{SIGCHLD, SIGABRT, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
/// How long the thread that sets addresses may take to die after the one that speaks.
constexpr base::Duration kLastBreath = std::chrono::milliseconds(20);
/// How often the guard looks around if nothing wakes it.
constexpr base::Duration kIdle = std::chrono::hours(1);
/// A shell's way to say which signal ended a program.
constexpr int kSignalExit = 128;

// For the signal handler, which has nothing else.
std::atomic<std::uint32_t> g_pending = 0;  // a bit for each signal
Lifeline* g_line = nullptr;
std::atomic<int>* g_drain_order = nullptr;

void on_any_signal(int signal) {
  const std::uint32_t waiting = g_pending.fetch_or(1U << static_cast<unsigned>(signal));
  // Of a drain and its end that wait together nobody knows the order: then it is the drain.
  const bool drain_waits = (waiting >> static_cast<unsigned>(SIGUSR1) & 1U) != 0;
  if (signal == SIGUSR1 || (signal == SIGUSR2 && !drain_waits)) {
    *g_drain_order = signal;
  }
  g_line->disturb();
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_NOCLDSTOP;
  // A drain must not come between the other handler's look and its order.
  if (signal == SIGUSR2) {
    ::sigaddset(&action.sa_mask, SIGUSR1);
  }
  ::sigaction(signal, &action, nullptr);
}

void mask(int how, std::span<const int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) {
    ::sigaddset(&set, signal);
  }
  ::sigprocmask(how, &set, nullptr);
}

class Guard {
 public:
  Guard(const Settings& settings, const Worker& worker, Testament testament)
      : settings_(settings),
        worker_(worker),
        testament_(std::move(testament)),
        gasp_(LastGasp::open()) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  /// What a dead worker leaves behind may end after us, and the memory of the handlers goes now.
  ~Guard() { mask(SIG_BLOCK, kHeard); }

  base::Result<int> watch();

 private:
  void prepare();
  void rehearse(const Testament& nothing);
  bool start_worker();
  [[noreturn]] void become_worker(pid_t guard);
  void wait();
  [[nodiscard]] base::Duration longest_wait() const;
  void on_signal(int signal);
  void carry_out();
  void reap();
  void bury(int wait_status);
  void judge(const Death& death, base::Instant now);
  void tell(const Death& death, base::Duration pause) const;
  void end(int exit_code);

  Settings settings_;
  const Worker& worker_;
  Testament testament_;
  LastGasp gasp_;
  RestartPacing pacing_;
  sigset_t before_{};

  pid_t pid_ = -1;  // -1: no worker lives
  base::Instant started_{};
  base::Instant restart_at_ = base::kNever;
  base::WallTime noticed_;
  Deeds deeds_;
  bool words_said_ = false;
  bool addresses_removed_ = false;
  std::uint64_t deaths_ = 0;
  std::optional<Death> last_death_;
  bool ever_ready_ = false;
  bool stopping_ = false;
  bool hangs_ = false;
  std::optional<int> exit_code_;
};

void Guard::prepare() {
  ::sigprocmask(SIG_SETMASK, nullptr, &before_);
  g_line = &testament_.speaker_line();
  g_drain_order = &testament_.drain_order();
  // The kernel drops signals that process 1 does not handle.
  for (const int signal : kHeard) {
    handle(signal, on_any_signal);
  }
  ::signal(SIGPIPE, SIG_IGN);
  // What a dead worker leaves behind ends up here, wherever we are in the tree of processes.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The worker asks for the same, and for locked memory, and says what it could not have.
  (void)runtime::take_realtime(runtime::Heirs::kNone);
  keep_few_capabilities();
}

/// What this uses is locked in memory, and nothing else.
void Guard::rehearse(const Testament& nothing) {
  (void)runtime::lock_memory(runtime::Pages::kOfNow);
  Deeds none;
  gasp_.say_last_words(nothing, none);
  gasp_.remove_addresses(nothing, none);
  std::array<char, kDeathWords> words{};
  runtime::LogLine(settings_.log_format, runtime::now().wall, runtime::LogLevel::kDebug, "")
      .field("", describe({}, words))
      .field("", 0);
}

base::Result<int> Guard::watch() {
  prepare();
  const auto nothing = Testament::create();
  if (!nothing) {
    return base::unexpected(nothing.error());
  }
  if (!start_worker()) {
    return base::unexpected(
        base::wrap(base::report_error(base::describe_errno(errno)), "cannot fork"));
  }
  rehearse(*nothing);
  while (!exit_code_) {
    wait();
    if (testament_.speaker_line().broken()) {
      carry_out();
    }
    const std::uint32_t pending = g_pending.exchange(0);
    for (const int signal : kHeard) {
      if ((pending >> static_cast<unsigned>(signal) & 1U) != 0) {
        on_signal(signal);
      }
    }
    if (!exit_code_ && runtime::monotonic_now() >= restart_at_ && !start_worker()) {
      restart_at_ = runtime::monotonic_now() + pacing_.after({});
    }
  }
  return *exit_code_;
}

bool Guard::start_worker() {
  testament_.clear();
  const pid_t guard = ::getpid();
  mask(SIG_BLOCK, kHeard);  // until each process hears them in its own way
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_worker(guard);
  }
  mask(SIG_UNBLOCK, kHeard);
  if (pid < 0) {
    return false;
  }
  pid_ = pid;
  started_ = runtime::monotonic_now();
  restart_at_ = base::kNever;
  return true;
}

void Guard::become_worker(pid_t guard) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != guard) {
    ::_exit(EXIT_SUCCESS);  // it died before it would have been noticed
  }
  ::prctl(PR_SET_NAME, "keelvip-worker");
  for (const int signal : kHeard) {
    handle(signal, SIG_DFL);
  }
  // In one step: what the guard hands on from now on must find a worker that hears it.
  sigset_t blocked = before_;
  for (const int signal : kHandedOn) {
    ::sigaddset(&blocked, signal);
  }
  ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
  wake_capabilities();
  gasp_.close();
  std::exit(worker_({.testament = &testament_,
                     .restarts = deaths_,
                     .last_death = last_death_,
                     .shortfall = gasp_.problem()}));
}

/// Until the worker's speaker dies, a signal comes or a restart is due.
void Guard::wait() {
  Lifeline& line = testament_.speaker_line();
  const std::uint32_t reading = line.arm();
  const bool half_done = words_said_ && !addresses_removed_;
  const bool begun = words_said_ || !line.broken();
  if (g_pending.load() == 0 && begun && !half_done) {
    line.wait(reading, longest_wait());
  }
}

base::Duration Guard::longest_wait() const {
  if (restart_at_ == base::kNever) {
    return kIdle;
  }
  const base::Duration rest = std::max(base::Duration{}, restart_at_ - runtime::monotonic_now());
  const auto period = settings_.notify->watchdog_period();
  if (!period) {
    return rest;
  }
  // While there is no worker to say that all is as it should be, the guard says so.
  settings_.notify->send("WATCHDOG=1");
  return std::min(rest, *period / 3);
}

void Guard::on_signal(int signal) {
  if (signal == SIGCHLD) {
    reap();
    return;
  }
  if (signal == SIGABRT) {
    hangs_ = true;
    runtime::LogLine(settings_.log_format, runtime::now().wall, runtime::LogLevel::kError,
                     "The watchdog ends the worker")
        .write();
  }
  stopping_ = stopping_ || signal == SIGTERM || signal == SIGINT || signal == SIGABRT;
  if (pid_ > 0) {
    ::kill(pid_, signal == SIGABRT ? SIGKILL : signal);
  } else if (stopping_) {
    end(hangs_ ? kSignalExit + SIGABRT : EXIT_SUCCESS);
  }
}

void Guard::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == pid_) {
      bury(status);
    }
  }
}

/// Each half as soon as the thread that wrote it is dead, and once.
void Guard::carry_out() {
  if (!std::exchange(words_said_, true)) {
    noticed_ = runtime::now().wall;
    gasp_.say_last_words(testament_, deeds_);
  }
  if (!addresses_removed_ && testament_.kernel_line().wait_for_end(kLastBreath)) {
    addresses_removed_ = true;
    gasp_.remove_addresses(testament_, deeds_);
  }
}

/// The last gasp comes first; everything else can wait for it.
void Guard::bury(int wait_status) {
  carry_out();
  ever_ready_ = ever_ready_ || testament_.ready();
  pid_ = -1;
  judge({.wait_status = wait_status, .at = noticed_}, runtime::monotonic_now());
  testament_.clear();
  deeds_ = {};
  words_said_ = addresses_removed_ = false;
}

void Guard::judge(const Death& death, base::Instant now) {
  const bool by_signal = WIFSIGNALED(death.wait_status);
  const int code =
      by_signal ? kSignalExit + WTERMSIG(death.wait_status) : WEXITSTATUS(death.wait_status);
  if (!by_signal && (stopping_ || code == EXIT_SUCCESS || !ever_ready_)) {
    // It has said why.
    end(code);
    return;
  }
  last_death_ = death;
  ++deaths_;
  if (stopping_) {
    tell(death, {});
    end(hangs_ ? kSignalExit + SIGABRT : code);
    return;
  }
  const base::Duration pause = pacing_.after(now - started_);
  restart_at_ = now + pause;
  tell(death, pause);
}

void Guard::tell(const Death& death, base::Duration pause) const {
  using std::chrono::duration_cast;
  std::array<char, kDeathWords> words{};
  runtime::LogLine line(settings_.log_format, death.at, runtime::LogLevel::kError,
                        "The worker died");
  line.field("reason", describe(death, words))
      .field("resigned", deeds_.resigned)
      .field("removed", deeds_.removed);
  if (deeds_.unsent + deeds_.unremoved > 0) {
    line.field("unsent", deeds_.unsent).field("unremoved", deeds_.unremoved);
  }
  if (!stopping_) {
    line.field("restart_in_ms", duration_cast<base::Milliseconds>(pause).count());
  }
  line.write();
}

void Guard::end(int exit_code) {
  exit_code_ = exit_code;
  if (testament_.drain_order() != 0) {
    runtime::LogLine(settings_.log_format, runtime::now().wall, runtime::LogLevel::kError,
                     "A signal to drain or undrain came too late to be obeyed")
        .write();
  }
}

}  // namespace

base::Result<int> run(const Settings& settings, const Worker& worker) {
  auto testament = Testament::create();
  if (!testament) {
    return base::unexpected(testament.error());
  }
  return Guard(settings, worker, std::move(*testament)).watch();
}

}  // namespace keelvip::guard
