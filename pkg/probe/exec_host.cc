#include "pkg/probe/exec_host.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <string>
#include <utility>

#include "pkg/base/error.h"
#include "pkg/base/overloaded.h"
#include "pkg/probe/commands.h"
#include "pkg/probe/exec_protocol.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/footprint.h"
#include "pkg/runtime/realtime.h"
#include "pkg/runtime/signals.h"

namespace keelvip::probe {
namespace {

constexpr int kAgentDied = SIGUSR1;
constexpr int kSocket = STDERR_FILENO + 1;
// Longer than Commands::kill_all() takes.
constexpr int kStopPatienceMilliseconds = 2000;

/// The host's half of the conversation.
class Service {
 public:
  Service(Parent self, pid_t agent, runtime::UniqueFd socket)
      : agent_(agent),
        socket_(std::move(socket)),
        signals_({SIGCHLD, kAgentDied}),
        commands_(loop_, self, [this](const ExecMessage& message) { say(message); }) {}

  void serve() {
    const bool watched =
        loop_.watch(socket_.get(), runtime::Interest::kRead, [this] { on_order(); }).has_value() &&
        loop_.watch(signals_.fd(), runtime::Interest::kRead, [this] { on_signal(); }).has_value();
    while (watched && !over_) {
      loop_.wait(commands_.next_deadline());
      commands_.advance(runtime::monotonic_now());
      send_unsent();
    }
    commands_.kill_all();
  }

 private:
  void on_signal() {
    while (signals_.take()) {
    }
    // Anybody may send the signal: the one that drains the agent goes to its whole service.
    over_ = over_ || ::getppid() != agent_;
    commands_.reap();
  }

  void on_order() {
    std::string datagram(kExecMessageLimit, '\0');
    const auto length = ::recv(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    datagram.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    const auto message = decode_exec_message(datagram);
    if (!message) {
      over_ = true;  // the end of the stream, or an agent that does not speak our language
      return;
    }
    const base::Instant now = runtime::monotonic_now();
    std::visit(base::overloaded{
                   [&](const RunCommand& run) { commands_.run(run, now); },
                   [&](const CancelCommand& cancel) { commands_.cancel(cancel.id, now); },
                   [&](const auto&) { over_ = true; },
               },
               *message);
  }

  // At most two messages wait for each command that an agent has started: it bounds this queue.
  void say(const ExecMessage& message) {
    if (auto datagram = encode(message)) {
      unsent_.push_back(std::move(*datagram));
    }
  }

  void send_unsent() {
    while (!unsent_.empty()) {
      const std::string& datagram = unsent_.front();
      if (::send(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) <
          0) {
        over_ = over_ || (errno != EAGAIN && errno != EINTR);
        break;
      }
      unsent_.pop_front();
    }
    if (unsent_.empty() != interested_in_writing_) {
      return;
    }
    interested_in_writing_ = !unsent_.empty();
    loop_.unwatch(socket_.get());
    const auto interest =
        interested_in_writing_ ? runtime::Interest::kReadWrite : runtime::Interest::kRead;
    over_ = over_ || !loop_.watch(socket_.get(), interest, [this] { on_order(); }).has_value();
  }

  pid_t agent_;
  runtime::UniqueFd socket_;
  runtime::EventLoop loop_;
  runtime::SignalReader signals_;
  std::deque<std::string> unsent_;
  bool interested_in_writing_ = false;
  bool over_ = false;
  Commands commands_;
};

// Keeps, of the capabilities that are there, the three that running commands takes. The bounding
// set is emptied where that is allowed, so that no command can get any from a file.
Parent keep_three_capabilities() {
  ::capng_get_caps_process();
  const auto has = [](unsigned capability) {
    return ::capng_have_capability(CAPNG_PERMITTED, capability) != 0;
  };
  const std::array<unsigned, 3> wanted{CAP_SETUID, CAP_SETGID, CAP_KILL};
  std::array<bool, 3> kept{};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    kept.at(i) = has(wanted.at(i));
  }
  const bool may_bound = ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  ::capng_clear(CAPNG_SELECT_ALL);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (kept.at(i)) {
      ::capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                     wanted.at(i));
    }
  }
  ::capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return {.pid = ::getpid(), .may_switch_user = kept[0] && kept[1]};
}

// Standard error stays for the words of a failed CHECK.
bool keep_only(int socket) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
         ::dup2(nothing, STDOUT_FILENO) >= 0 &&
         (socket == kSocket || ::dup3(socket, kSocket, O_CLOEXEC) == kSocket) &&
         ::close_range(kSocket + 1, ~0U, 0) == 0;
}

void raise_descriptor_limit() {
  rlimit limits{};
  ::getrlimit(RLIMIT_NOFILE, &limits);
  limits.rlim_cur = limits.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limits);
}

[[noreturn]] void become_host(int socket, pid_t agent) {
  ::prctl(PR_SET_NAME, "keelvip-exec");
  ::setsid();  // a Ctrl-C is for the agent, which then ends us in its own time
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR2, SIGPIPE}) {
    ::signal(number, SIG_IGN);
  }
  ::signal(SIGCHLD, SIG_DFL);
  runtime::leave_realtime();
  raise_descriptor_limit();
  const Parent self = keep_three_capabilities();
  if (!keep_only(socket) || ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    ::_exit(1);
  }
  Service service(self, agent, runtime::UniqueFd(kSocket));
  // The end of the stream says so too, unless somebody else still holds the agent's end.
  ::prctl(PR_SET_PDEATHSIG, kAgentDied);
  if (::getppid() == agent) {
    runtime::release_startup_pages();
    service.serve();
  }
  ::_exit(0);
}

}  // namespace

base::Result<ExecHost> ExecHost::start() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::unexpected(
        base::wrap(base::report_error(base::describe_errno(errno)), "cannot make a socket pair"));
  }
  runtime::UniqueFd ours(ends[0]);
  const runtime::UniqueFd theirs(ends[1]);
  const pid_t agent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_host(theirs.get(), agent);
  }
  if (pid < 0) {
    return base::unexpected(
        base::wrap(base::report_error(base::describe_errno(errno)), "cannot fork"));
  }
  return ExecHost(std::move(ours), pid);
}

ExecHost::ExecHost(runtime::UniqueFd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}

ExecHost::ExecHost(ExecHost&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)) {}

ExecHost& ExecHost::operator=(ExecHost&& other) noexcept {
  stop();
  socket_ = std::move(other.socket_);
  pid_ = std::exchange(other.pid_, -1);
  return *this;
}

void ExecHost::stop() {
  if (pid_ < 0) {
    return;
  }
  // glibc 2.36 declares pidfd_open() with C++ linkage.
  const runtime::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  socket_.reset();
  pollfd gone{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (::poll(&gone, 1, kStopPatienceMilliseconds) <= 0) {
    ::kill(pid_, SIGKILL);
  }
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

}  // namespace keelvip::probe
