// Commands: the processes that the ExecHost has running, each with its process group, its output
// and its deadline. Lives in the host's process, which has one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "pkg/base/time.h"
#include "pkg/probe/exec_child.h"
#include "pkg/probe/exec_protocol.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::probe {

class Commands {
 public:
  static constexpr std::size_t kMostAtOnce = 1024;
  /// From SIGTERM to SIGKILL.
  static constexpr base::Duration kGrace = base::Milliseconds{1000};

  using Say = std::function<void(const ExecMessage&)>;

  Commands(runtime::EventLoop& loop, Parent self, Say say);
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;
  ~Commands() = default;

  void run(const RunCommand& command, base::Instant now);
  void cancel(AttemptId id, base::Instant now);

  /// Call on SIGCHLD: takes in everybody who has died, orphans of commands among them.
  void reap();

  [[nodiscard]] base::Instant next_deadline() const;
  void advance(base::Instant now);

  /// Kills whatever is left, without grace, and waits until it is gone (at most a second).
  void kill_all();

 private:
  enum class Stage : unsigned char {
    kRunning,      // until its deadline
    kTerminating,  // was asked to end; killed at its deadline
    kKilled,       // killed; nothing to do but wait
    kSweeping,     // the command is gone, others of its group were killed and are not gone yet
  };

  struct Running {
    AttemptId id = 0;
    Stage stage = Stage::kRunning;
    bool reported = false;  // CommandEnded was said, or nobody wants to hear it
    base::Duration timeout{};
    base::Instant deadline = base::kNever;
    runtime::UniqueFd output;
    runtime::UniqueFd report;  // why it could not run; nothing if it could
    std::string said;          // the beginning of its output
  };

  void refuse(AttemptId id, const std::string& reason);
  void terminate(pid_t pid, Running& running, base::Instant now);
  static bool read_output(Running& running);
  void on_output(pid_t pid);
  void on_exit(pid_t pid);
  void forget_swept();
  std::map<pid_t, Running>::iterator forget(std::map<pid_t, Running>::iterator running);

  runtime::EventLoop& loop_;
  Parent self_;
  Say say_;
  std::map<pid_t, Running> running_;  // by the pid of the command, which is its group's id too
};

}  // namespace keelvip::probe
