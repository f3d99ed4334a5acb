#include "pkg/probe/commands.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pkg/base/error.h"
#include "pkg/runtime/clock.h"

namespace keelvip::probe {
namespace {

constexpr std::size_t kOutputKept = 1024;
constexpr std::size_t kReasonLimit = 200;
constexpr base::Duration kLastPatience = base::Milliseconds{1000};
// We hear of the death of orphans, who become our children, at once; of others we have to ask.
constexpr base::Duration kSweepInterval = base::Milliseconds{50};

struct Pipe {
  runtime::UniqueFd read;
  runtime::UniqueFd write;
};

base::Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return base::unexpected(base::retry_error(base::describe_errno(errno)));
  }
  // Our end only: to the command it is an ordinary pipe, which blocks when full.
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{runtime::UniqueFd(ends[0]), runtime::UniqueFd(ends[1])};
}

std::string with_output(std::string reason, const std::string& said) {
  const std::string line = first_line(said, kReasonLimit);
  return line.empty() ? reason : fmt::format("{}: {}", reason, line);
}

Outcome outcome_of(const siginfo_t& info, const std::string& said) {
  if (info.si_code == CLD_EXITED) {
    return {.success = info.si_status == 0,
            .reason = with_output(fmt::format("exit status {}", info.si_status), said)};
  }
  const char* name = ::sigabbrev_np(info.si_status);
  return {.success = false,
          .reason = with_output(name == nullptr ? fmt::format("killed by signal {}", info.si_status)
                                                : fmt::format("killed by SIG{}", name),
                                said)};
}

/// What a refused command wrote before it gave up; empty if it could run.
std::string read_report(int fd) {
  std::array<char, 512> text{};
  const auto length = ::read(fd, text.data(), text.size());
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : "";
}

// Orphans that left their group on purpose are our children too, because we are their subreaper.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  const std::string path = fmt::format("/proc/self/task/{}/children", ::getpid());
  const runtime::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(std::size_t{64} << 10U, '\0');
  const auto length = ::read(file.get(), text.data(), text.size() - 1);
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  for (char* at = text.data(); *at != '\0';) {
    char* end = at;
    const long pid = std::strtol(at, &end, 10);
    if (end == at || pid <= 0) {
      break;
    }
    found.push_back(static_cast<pid_t>(pid));
    at = end + std::strspn(end, " ");
  }
  return found;
}

}  // namespace

Commands::Commands(runtime::EventLoop& loop, Parent self, Say say)
    : loop_(loop), self_(self), say_(std::move(say)) {}

void Commands::refuse(AttemptId id, const std::string& reason) {
  say_(CommandEnded{id, false, reason});
  say_(CommandGone{id});
}

void Commands::run(const RunCommand& command, base::Instant now) {
  if (running_.size() >= kMostAtOnce) {
    refuse(command.id, fmt::format("{} commands are running already", kMostAtOnce));
    return;
  }
  auto output = make_pipe();
  auto report = make_pipe();
  if (!output || !report) {
    refuse(command.id, fmt::format("cannot make a pipe: {}", base::describe_errno(errno)));
    return;
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_command(command, self_, output->write.get(), report->write.get());
  }
  if (pid < 0) {
    refuse(command.id, fmt::format("cannot start a process: {}", base::describe_errno(errno)));
    return;
  }
  ::setpgid(pid, pid);  // as the child does: whoever comes first
  if (const auto swept = running_.find(pid); swept != running_.end()) {
    forget(swept);  // its number is free again, so its group is gone
  }
  Running running{.id = command.id,
                  .timeout = command.timeout,
                  .deadline = now + command.timeout,
                  .output = std::move(output->read),
                  .report = std::move(report->read),
                  .said = ""};
  if (!loop_.watch(running.output.get(), runtime::Interest::kRead,
                   [this, pid] { on_output(pid); })) {
    running.output.reset();  // the command will fail on it, which is the safe side
  }
  running_.emplace(pid, std::move(running));
}

void Commands::cancel(AttemptId id, base::Instant now) {
  for (auto& [pid, running] : running_) {
    if (running.id == id) {
      running.reported = true;
      if (running.stage == Stage::kRunning) {
        terminate(pid, running, now);
      }
    }
  }
}

void Commands::terminate(pid_t pid, Running& running, base::Instant now) {
  ::kill(-pid, SIGTERM);
  ::kill(-pid, SIGCONT);  // a stopped group would not hear it
  running.stage = Stage::kTerminating;
  running.deadline = now + kGrace;
}

base::Instant Commands::next_deadline() const {
  base::Instant earliest = base::kNever;
  for (const auto& [pid, running] : running_) {
    earliest = std::min(earliest, running.deadline);
  }
  return earliest;
}

void Commands::advance(base::Instant now) {
  for (auto& [pid, running] : running_) {
    if (now < running.deadline) {
      continue;
    }
    if (running.stage == Stage::kRunning) {
      const std::string reason = fmt::format("timed out after {}", describe(running.timeout));
      if (!std::exchange(running.reported, true)) {
        say_(CommandEnded{running.id, false, with_output(reason, running.said)});
      }
      terminate(pid, running, now);
    } else if (running.stage == Stage::kTerminating) {
      ::kill(-pid, SIGKILL);
      running.stage = Stage::kKilled;
      running.deadline = base::kNever;
    } else {
      running.deadline = now + kSweepInterval;
    }
  }
  forget_swept();
}

// False at the end of the output. Reads a bounded amount: a command that floods us has its turn
// like everybody else.
bool Commands::read_output(Running& running) {
  std::array<char, std::size_t{64} << 10U> buffer;
  const auto length = ::read(running.output.get(), buffer.data(), buffer.size());
  if (length <= 0) {
    return length < 0 && (errno == EAGAIN || errno == EINTR);
  }
  const std::size_t room = kOutputKept - running.said.size();
  running.said.append(buffer.data(), std::min(room, static_cast<std::size_t>(length)));
  return true;
}

void Commands::on_output(pid_t pid) {
  const auto found = running_.find(pid);
  if (found != running_.end() && !read_output(found->second)) {
    loop_.unwatch(found->second.output.get());
    found->second.output.reset();
  }
}

void Commands::reap() {
  while (true) {
    siginfo_t info{};
    // Look first, take later: while the leader is not taken its group's number cannot be reused,
    // and on_exit() kills that group.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
      break;
    }
    if (running_.contains(info.si_pid)) {
      on_exit(info.si_pid);
    } else {
      ::waitpid(info.si_pid, nullptr, 0);
    }
  }
  forget_swept();
}

void Commands::on_exit(pid_t pid) {
  Running& running = running_.at(pid);
  ::kill(-pid, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
  if (running.output) {
    read_output(running);
    loop_.unwatch(running.output.get());
    running.output.reset();
  }
  if (!std::exchange(running.reported, true)) {
    const std::string refusal = read_report(running.report.get());
    const Outcome outcome = refusal.empty() ? outcome_of(info, running.said)
                                            : Outcome{.success = false, .reason = refusal};
    say_(CommandEnded{running.id, outcome.success, outcome.reason});
  }
  running.report.reset();
  running.stage = Stage::kSweeping;
  running.deadline = runtime::monotonic_now() + kSweepInterval;
}

void Commands::forget_swept() {
  for (auto at = running_.begin(); at != running_.end();) {
    const bool gone =
        at->second.stage == Stage::kSweeping && ::kill(-at->first, 0) != 0 && errno == ESRCH;
    at = gone ? forget(at) : std::next(at);
  }
}

std::map<pid_t, Commands::Running>::iterator Commands::forget(
    std::map<pid_t, Running>::iterator running) {
  say_(CommandGone{running->second.id});
  return running_.erase(running);
}

void Commands::kill_all() {
  const base::Instant patience_ends = runtime::monotonic_now() + kLastPatience;
  while (runtime::monotonic_now() < patience_ends) {
    for (const auto& [pid, running] : running_) {
      ::kill(-pid, SIGKILL);
    }
    for (const pid_t pid : children()) {
      ::kill(pid, SIGKILL);
    }
    const pid_t gone = ::waitpid(-1, nullptr, WNOHANG);
    if (gone < 0 && errno == ECHILD) {
      return;
    }
    if (gone == 0) {
      ::poll(nullptr, 0, 1);  // not the loop: no further orders
    }
    running_.erase(gone);
  }
}

}  // namespace keelvip::probe
