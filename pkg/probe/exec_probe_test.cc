#include "pkg/probe/exec_probe.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/probe/commands.h"
#include "pkg/probe/test_scene.h"

namespace keelvip::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string own_user() {
  return ::getpwuid(::geteuid())->pw_name;
}

bool can_switch_user() {
  ::capng_get_caps_process();
  const bool can = ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) != 0 &&
                   ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) != 0;
  CHECK_MESSAGE((can || std::getenv("CI") == nullptr), "CI leaves no test out");
  return can;
}

health::ExecProbe shell(std::string script, std::string user = own_user()) {
  return {.command = {"/bin/sh", "-c", std::move(script)}, .user = std::move(user)};
}

/// A directory that anybody may write to, removed at the end.
class Scratch {
 public:
  Scratch() {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    ::chmod(path_.c_str(), 0777);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// Declared before the ExecScene, or a command that runs still may write here meanwhile.
  ~Scratch() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream stream(file(name));
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::string path_ = "/tmp/keelvip-exec-XXXXXX";
};

struct ExecScene {
  ExecHost host = ExecHost::start().value();
  TestScene scene{&host};

  health::CheckResult ask(health::ExecProbe probe, base::Duration timeout = seconds{20}) {
    return scene.first_result(check_of(std::move(probe), timeout));
  }
  /// Runs it again and again until a result is as expected. A busy machine may end a command at its
  /// timeout before it has come far, or tell late; it does not do so for ever.
  bool comes_to(health::ExecProbe probe, base::Duration timeout,
                const std::function<bool(const health::CheckResult&)>& expected) {
    scene.adopt({check_of(std::move(probe), timeout)});
    const bool came = scene.run_until([&] {
      return std::ranges::any_of(std::exchange(scene.results, {}),
                                 [&](const health::CheckResult& result) {
                                   CHECK_FALSE(result.success);
                                   return expected(result);
                                 });
    });
    scene.adopt({});
    return came;
  }
  /// What the script prints: the first line.
  std::string output_of(const std::string& script, const std::string& user = own_user()) {
    const auto result = ask(shell(script, user));
    const std::string prefix = "exit status 0: ";
    return result.reason.starts_with(prefix) ? result.reason.substr(prefix.size()) : result.reason;
  }
};

/// A zombie that waits for init is not alive.
bool is_alive(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  const std::string stat{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.at(name_end + 2) != 'Z';
}

std::vector<std::string> children_of(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) +
                       "/children");
  return {std::istream_iterator<std::string>(stream), {}};
}

std::size_t open_files_of(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace

TEST_CASE("a command that exits with 0 is success, anything else is failure with what it said") {
  ExecScene exec;
  const auto good = exec.ask(shell("exit 0"));
  CHECK(good.success);
  CHECK(good.reason == "exit status 0");
  const auto bad = exec.ask(shell("echo 'replication lag 40 s'; echo more; exit 3"));
  CHECK_FALSE(bad.success);
  CHECK(bad.reason == "exit status 3: replication lag 40 s");
  CHECK(exec.ask(shell("echo oops >&2; exit 1")).reason == "exit status 1: oops");
}

TEST_CASE("a command that is killed is a failure that names the signal") {
  ExecScene exec;
  const auto result = exec.ask(shell("kill -SEGV $$"));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "killed by SIGSEGV");
}

TEST_CASE("a command that cannot run is a failure with the reason") {
  const Scratch scratch;
  ExecScene exec;
  std::ofstream(scratch.file("text")) << "exit 0\n";
  std::ofstream(scratch.file("lost")) << "#!/no/such/interpreter\n";
  const auto why = [&](const std::string& program) {
    const auto result = exec.ask({.command = {program}, .user = own_user()});
    CHECK_FALSE(result.success);
    return result.reason;
  };
  CHECK(why("/no/such") == "cannot run /no/such: No such file or directory (ENOENT)");
  CHECK(why(scratch.file("text")) ==
        "cannot run " + scratch.file("text") + ": Permission denied (EACCES)");
  ::chmod(scratch.file("text").c_str(), 0755);
  ::chmod(scratch.file("lost").c_str(), 0755);
  CHECK(why(scratch.file("text")) == "cannot run " + scratch.file("text") +
                                         ": Exec format error (ENOEXEC); a script needs a #! line");
  CHECK(contains(why(scratch.file("lost")), "its interpreter is missing"));
}

TEST_CASE("a user that does not exist is a failure, not a reason to run as somebody else") {
  ExecScene exec;
  const auto result = exec.ask(shell("exit 0", "no-such-user"));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "user \"no-such-user\" does not exist");
}

TEST_CASE("a command's environment is the path and what it checks") {
  ExecScene exec;
  ::setenv("KEELVIP_TEST_SECRET", "1", 1);
  CHECK(exec.output_of("/usr/bin/env | /usr/bin/grep -v '^PWD=\\|^_=\\|^OLDPWD=\\|^SHLVL=' | "
                       "/usr/bin/sort | /usr/bin/tr '\\n' ' '") ==
        "KEELVIP_CHECK=check KEELVIP_VIP=web "
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ");
  ::unsetenv("KEELVIP_TEST_SECRET");
}

TEST_CASE("a command gets no descriptors, no input and a process group of its own") {
  ExecScene exec;
  // 3 is the directory that ls reads.
  CHECK(exec.output_of("exec ls -m /proc/self/fd") == "0, 1, 2, 3");
  CHECK(exec.output_of("readlink /proc/$$/fd/0") == "/dev/null");
  CHECK(exec.output_of("[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && pwd") == "/");
}

TEST_CASE("a command does not inherit signals, scheduling or limits of the agent") {
  sigset_t blocked;
  ::sigfillset(&blocked);
  ::sigset_t before;
  ::sigprocmask(SIG_SETMASK, &blocked, &before);
  ExecScene exec;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(exec.output_of("echo $(grep -E '^Sig(Blk|Ign)' /proc/self/status)") ==
        "SigBlk: 0000000000000000 SigIgn: 0000000000000000");
  CHECK(exec.output_of("cat /proc/self/oom_score_adj") == "0");
  CHECK(exec.output_of("ulimit -c; ulimit -n") == "0");
  // What is taken from others is given back; what is left to them stays.
  const std::string nice = std::to_string(std::max(0, ::getpriority(PRIO_PROCESS, 0)));
  CHECK(exec.output_of("cut -d' ' -f19,41 /proc/self/stat") == nice + " 0");
}

TEST_CASE("a command has no capabilities and cannot get any, root included") {
  ExecScene exec;
  const std::string status = exec.output_of(
      "echo $(grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs)' /proc/self/status)");
  CHECK(status ==
        "CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 "
        "CapAmb: 0000000000000000 NoNewPrivs: 1");
}

TEST_CASE("the host keeps three capabilities and none of the network's") {
  if (!can_switch_user()) {
    MESSAGE("not run as root: skipped");
    return;
  }
  ExecScene exec;
  REQUIRE(exec.ask(shell("exit 0")).success);  // it is in its final state
  std::ifstream stream("/proc/" + std::to_string(exec.host.pid()) + "/status");
  const std::string status{std::istreambuf_iterator<char>(stream), {}};
  CHECK(contains(status, "CapPrm:\t00000000000000e0"));  // KILL 5, SETGID 6, SETUID 7
  CHECK(contains(status, "CapEff:\t00000000000000e0"));
  CHECK(contains(status, "CapBnd:\t0000000000000000"));
}

TEST_CASE("a signal that was meant for the agent does not end its host") {
  ExecScene exec;
  REQUIRE(exec.ask(shell("exit 0")).success);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGINT}) {
    CAPTURE(signal);
    ::kill(exec.host.pid(), signal);
    CHECK(exec.ask(shell("exit 0")).success);
  }
}

TEST_CASE("a command runs as its user, by default nobody") {
  if (!can_switch_user()) {
    MESSAGE("not run as root: skipped");
    return;
  }
  ExecScene exec;
  CHECK(exec.output_of("echo $(id -un) $(id -gn) $(id -Gn)", "nobody") == "nobody nogroup nogroup");
  CHECK(exec.output_of("id -un", "") == "nobody");
  CHECK(exec.output_of("echo $(grep -E '^(CapPrm|CapEff|CapBnd)' /proc/self/status)", "nobody") ==
        "CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000");
}

TEST_CASE("a command of another user is ended at its timeout, too") {
  if (!can_switch_user()) {
    MESSAGE("not run as root: skipped");
    return;
  }
  ExecScene exec;
  CHECK(exec.comes_to(shell("trap '' TERM; echo waiting; while :; do :; done", "nobody"),
                      milliseconds{200}, [](const health::CheckResult& result) {
                        return result.reason == "timed out after 200 ms: waiting";
                      }));
  CHECK(exec.scene.run_until([&] { return children_of(exec.host.pid()).empty(); }));
}

TEST_CASE("a host without capabilities runs commands as its own user and refuses others") {
  // What an agent in a container with only NET_ADMIN and NET_RAW has, played in a child.
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t agent = ::fork();
  REQUIRE(agent >= 0);
  if (agent == 0) {
    ::capng_clear(CAPNG_SELECT_ALL);
    ::capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                    CAP_NET_ADMIN, CAP_NET_RAW, -1);
    ::capng_apply(CAPNG_SELECT_CAPS);
    ExecScene exec;
    const std::string own = exec.output_of("echo $(grep CapEff /proc/self/status)");
    const std::string other =
        exec.ask(shell("exit 0", own_user() == "nobody" ? "bin" : "nobody")).reason;
    const std::string both = own + "|" + other;
    [[maybe_unused]] const auto written = ::write(ends[1], both.data(), both.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(1000, '\0');
  const auto length = ::read(ends[0], said.data(), said.size());
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  ::close(ends[0]);
  ::waitpid(agent, nullptr, 0);
  INFO(said);
  CHECK(contains(said, "CapEff: 0000000000000000|cannot run as user"));
  CHECK(contains(said, "without the capabilities CAP_SETUID and CAP_SETGID"));
}

TEST_CASE("a command that ignores SIGTERM is killed after the grace, with its whole group") {
  ExecScene exec;
  // It is known to have failed before the grace is over.
  CHECK(exec.comes_to(shell("trap '' TERM; sleep 1000 & sleep 1000"), milliseconds{200},
                      [](const health::CheckResult& result) {
                        return result.reason == "timed out after 200 ms" &&
                               result.took < Commands::kGrace;
                      }));
  CHECK(exec.scene.run_until([&] { return children_of(exec.host.pid()).empty(); }));
}

TEST_CASE("a command that listens to SIGTERM may tidy up") {
  const Scratch scratch;
  ExecScene exec;
  CHECK(exec.comes_to(
      shell("trap 'echo tidy > " + scratch.file("end") + "; exit 1' TERM; sleep 1000 & wait"),
      milliseconds{200},
      [&](const health::CheckResult&) { return scratch.read("end") == "tidy\n"; }));
}

TEST_CASE("a grandchild that keeps the output open neither delays the result nor survives") {
  const Scratch scratch;
  ExecScene exec;
  const auto result =
      exec.ask(shell("(sleep 1000 & echo $! > " + scratch.file("pid") + ") ; echo done"));
  CHECK(result.success);
  CHECK(result.reason == "exit status 0: done");
  const pid_t grandchild = std::stoi(scratch.read("pid"));
  CHECK(exec.scene.run_until([&] { return !is_alive(grandchild); }));
}

TEST_CASE("a grandchild that left the group is no zombie and ends with the host") {
  pid_t grandchild = 0;
  {
    const Scratch scratch;
    ExecScene exec;
    exec.ask(shell("(setsid sh -c 'echo $$ > " + scratch.file("pid") +
                   "; exec sleep 1000' &) ; "
                   "until [ -s " +
                   scratch.file("pid") + " ]; do :; done"));
    grandchild = std::stoi(scratch.read("pid"));
    CHECK(is_alive(grandchild));
    exec.ask(shell("(setsid true &)"));
    // A slow machine may have let the check run twice: then there are two that left.
    CHECK(exec.scene.run_until([&] {
      const std::vector<std::string> children = children_of(exec.host.pid());
      return std::ranges::count(children, std::to_string(grandchild)) == 1 &&
             std::ranges::all_of(children, [](const std::string& pid) {
               return is_alive(static_cast<pid_t>(std::stoi(pid)));
             });
    }));
  }
  CHECK_FALSE(is_alive(grandchild));
}

TEST_CASE("endless output is read and thrown away, and costs other checks nothing") {
  ExecScene exec;
  health::CheckSpec loud = check_of(shell("yes"), milliseconds{300});
  health::CheckSpec quiet = check_of(shell("echo fine"));
  quiet.id.check = "quiet";
  exec.scene.adopt({loud, quiet});
  std::string loud_reason;
  int quiet_successes = 0;
  REQUIRE(exec.scene.run_until([&] {
    for (const auto& result : std::exchange(exec.scene.results, {})) {
      if (result.id == quiet.id) {
        quiet_successes += result.success ? 1 : 0;
      } else {
        CHECK_FALSE(result.success);
        loud_reason = result.reason;
      }
    }
    return loud_reason == "timed out after 300 ms: y" && quiet_successes > 2;
  }));
}

TEST_CASE("a command never overlaps with itself, and a run that stays is a failure each time") {
  const Scratch scratch;
  ExecScene exec;
  // Ignores SIGTERM, so that it is still there when the next run is due; the lock lasts as long as
  // any of its processes.
  const health::CheckSpec spec = check_of(
      shell("trap '' TERM; exec 9>" + scratch.file("lock") + "; flock -n 9 || echo yes >> " +
            scratch.file("overlaps") + "; sleep 0.4; sleep 0.4"),
      milliseconds{50});
  exec.scene.adopt({spec});
  REQUIRE(exec.scene.run_until([&] { return exec.scene.results.size() >= 12; }));
  CHECK(scratch.read("overlaps").empty());
  const auto blocked = std::count_if(
      exec.scene.results.begin(), exec.scene.results.end(), [](const health::CheckResult& result) {
        return result.reason == "processes of the run before are still there";
      });
  CHECK(blocked > 0);
  CHECK(std::none_of(exec.scene.results.begin(), exec.scene.results.end(),
                     [](const health::CheckResult& result) { return result.success; }));
}

TEST_CASE("a changed command waits for the processes of the old one, and is not failed by them") {
  ExecScene exec;
  health::CheckSpec spec = check_of(shell("trap '' TERM; sleep 1000"));
  spec.revision = 1;
  exec.scene.adopt({spec});
  REQUIRE(exec.scene.run_until([&] { return !children_of(exec.host.pid()).empty(); }));
  spec.probe = shell("exit 0");
  spec.revision = 2;
  exec.scene.adopt({spec});
  REQUIRE(exec.scene.run_until([&] { return !exec.scene.results.empty(); }));
  CHECK(exec.scene.results.front().success);
  CHECK(exec.scene.results.front().revision == 2);
}

TEST_CASE("many runs leave no zombie and no descriptor behind") {
  ExecScene exec;
  REQUIRE(exec.ask(shell("exit 0")).success);
  // Of this run something may still be open: a result comes before all is tidied up.
  const std::size_t host_files = open_files_of(exec.host.pid());
  const std::size_t own_files = open_files_of(::getpid());
  std::vector<health::CheckSpec> specs;
  for (int i = 0; i < 20; ++i) {
    specs.push_back(check_of({health::ExecProbe{.command = {"/bin/true"}, .user = own_user()}}));
    specs.back().id.check = std::to_string(i);
    specs.back().period = milliseconds{50};
  }
  exec.scene.results.clear();
  exec.scene.adopt(specs);
  REQUIRE(exec.scene.run_until([&] {
    return std::count_if(exec.scene.results.begin(), exec.scene.results.end(),
                         [](const health::CheckResult& result) { return result.success; }) >= 400;
  }));
  exec.scene.adopt({});
  CHECK(exec.scene.run_until([&] {
    return children_of(exec.host.pid()).empty() && open_files_of(exec.host.pid()) <= host_files;
  }));
  CHECK(open_files_of(::getpid()) == own_files);
}

TEST_CASE("a command that is too long is refused with a reason") {
  ExecScene exec;
  const auto result =
      exec.ask({.command = {"/bin/true", std::string(70000, 'x')}, .user = own_user()});
  CHECK_FALSE(result.success);
  CHECK(result.reason == "the command is longer than 64 kB");
}

TEST_CASE("without a host every command fails, and says why") {
  TestScene scene;
  const auto result = scene.first_result(check_of(shell("exit 0")));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "the process that runs commands for the agent is not there");
}

TEST_CASE("when the host dies its commands die with it, and checks fail from then on") {
  const Scratch scratch;
  ExecScene exec;
  exec.scene.adopt({check_of(shell("echo $$ > " + scratch.file("pid") + "; exec sleep 1000"))});
  REQUIRE(exec.scene.run_until([&] { return scratch.read("pid").ends_with('\n'); }));
  CHECK_FALSE(exec.scene.prober.has_lost_exec_host());
  ::kill(exec.host.pid(), SIGKILL);
  REQUIRE(exec.scene.run_until([&] { return exec.scene.results.size() >= 2; }));
  CHECK(exec.scene.results[0].reason == "the process that runs commands for the agent has ended");
  CHECK(exec.scene.results[1].reason ==
        "the process that runs commands for the agent is not there");
  CHECK(exec.scene.prober.has_lost_exec_host());
  const pid_t command = std::stoi(scratch.read("pid"));
  CHECK(exec.scene.run_until([&] { return !is_alive(command); }));
}

TEST_CASE("when the agent is killed the host ends, and every command with it") {
  const Scratch scratch;
  const pid_t agent = ::fork();
  REQUIRE(agent >= 0);
  if (agent == 0) {
    ExecScene exec;
    std::ofstream(scratch.file("host")) << exec.host.pid() << '\n';
    exec.scene.adopt({check_of(
        shell("trap '' TERM; echo $$ > " + scratch.file("command") + "; sleep 1000; sleep 1000"))});
    exec.scene.run_until([] { return false; });
    ::_exit(0);
  }
  TestScene scene;
  REQUIRE(scene.run_until([&] { return scratch.read("command").ends_with('\n'); }));
  const pid_t host = std::stoi(scratch.read("host"));
  const pid_t command = std::stoi(scratch.read("command"));
  ::kill(agent, SIGKILL);
  ::waitpid(agent, nullptr, 0);
  CHECK(scene.run_until([&] { return !is_alive(command) && !is_alive(host); }));
}

}  // namespace keelvip::probe
