#include "pkg/probe/exec_child.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pkg/base/error.h"
#include "pkg/runtime/realtime.h"

namespace keelvip::probe {
namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kDefaultUser = "nobody";
constexpr rlim_t kOpenFiles = 1024;

/// The child's way to say why it gives up.
class Refusal {
 public:
  explicit Refusal(int report) : report_(report) {}

  [[noreturn]] void operator()(const std::string& reason) const {
    [[maybe_unused]] const auto written = ::write(report_, reason.data(), reason.size());
    ::_exit(127);
  }

 private:
  int report_;
};

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// In the child, because a name service may hang: then it hangs for this check alone, until its
// timeout.
Account find_account(const std::string& user, const Refusal& refuse) {
  const std::string name = user.empty() ? kDefaultUser : user;
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) {
    // getpwnam(3) lists many numbers that mean no more than "not found".
    refuse(fmt::format("user \"{}\" does not exist", name));
  }
  return {name, entry->pw_uid, entry->pw_gid};
}

void take_output(int output, const Refusal& refuse) {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(output, STDERR_FILENO) < 0) {
    refuse("cannot set up standard input and output: " + base::describe_errno(errno));
  }
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    refuse("cannot mark descriptors as closed: " + base::describe_errno(errno));
  }
}

void limit(decltype(RLIMIT_CORE) resource, rlim_t value) {
  rlimit limits{};
  ::getrlimit(resource, &limits);
  limits.rlim_max = std::min(limits.rlim_max, value);
  limits.rlim_cur = limits.rlim_max;
  ::setrlimit(resource, &limits);
}

// What the agent may have got from its service manager for its own sake is not for a command. All
// of this only gives up privileges, so nothing here can be refused.
void become_ordinary() {
  runtime::leave_realtime();
  ::setpriority(PRIO_PROCESS, 0, 0);
  if (const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); score >= 0) {
    [[maybe_unused]] const auto written = ::write(score, "0", 1);
    ::close(score);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, kOpenFiles);
  limit(RLIMIT_RTPRIO, 0);
  ::umask(022);
  [[maybe_unused]] const int moved = ::chdir("/");
}

void switch_to(const Account& account, Parent parent, const Refusal& refuse) {
  const bool is_own = account.uid == ::geteuid() && account.gid == ::getegid();
  if (!parent.may_switch_user) {
    if (!is_own) {
      refuse(
          fmt::format("cannot run as user \"{}\": the agent was started without the "
                      "capabilities CAP_SETUID and CAP_SETGID",
                      account.name));
    }
    return;
  }
  if (::initgroups(account.name.c_str(), account.gid) != 0 ||
      ::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0) {
    refuse(
        fmt::format("cannot switch to user \"{}\": {}", account.name, base::describe_errno(errno)));
  }
}

// no_new_privs is what keeps root without capabilities across execve() even where the bounding set
// could not be cleared: the kernel then cuts what a program would gain to what we have.
void drop_all_capabilities(const Refusal& refuse) {
  ::capng_clear(CAPNG_SELECT_ALL);
  const bool dropped = ::capng_apply(CAPNG_SELECT_CAPS) == 0 &&
                       ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
                       ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  if (!dropped) {
    refuse("cannot drop capabilities: " + base::describe_errno(errno));
  }
}

// The change of user cleared an earlier request for this signal.
void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);
  }
}

/// By the bare system call: glibc keeps its hands off two signals of its own, which a parent (GNU
/// make is one) may have left ignored.
void reset_signals() {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
  } const by_default{SIG_DFL, 0, nullptr, 0};
  for (int number = 1; number < NSIG; ++number) {
    ::syscall(SYS_rt_sigaction, number, &by_default, nullptr, sizeof by_default.mask);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::string why_not(const std::string& program, int error) {
  const std::string words = base::describe_errno(error);
  if (error == ENOENT && ::access(program.c_str(), F_OK) == 0) {
    return fmt::format("cannot run {}: its interpreter is missing: {}", program, words);
  }
  if (error == ENOEXEC) {
    return fmt::format("cannot run {}: {}; a script needs a #! line", program, words);
  }
  return fmt::format("cannot run {}: {}", program, words);
}

}  // namespace

void become_command(const RunCommand& run, Parent parent, int output, int report) {
  const Refusal refuse(report);
  ::setpgid(0, 0);
  take_output(output, refuse);
  become_ordinary();
  switch_to(find_account(run.user, refuse), parent, refuse);
  drop_all_capabilities(refuse);
  die_with(parent.pid);
  reset_signals();
  std::vector<std::string> command = run.command;
  std::vector<std::string> environment = run.environment;
  environment.push_back(std::string("PATH=") + kPath);
  // Not execvp(3), which would hand a file that is no program to a shell.
  ::execve(command[0].c_str(), pointers_to(command).data(), pointers_to(environment).data());
  refuse(why_not(command[0], errno));
}

}  // namespace keelvip::probe
