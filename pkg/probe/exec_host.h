// ExecHost: a small process beside the agent that runs the commands of exec checks. The agent gives
// up all capabilities but those for the network; to become another user and to kill what runs as
// one takes CAP_SETUID, CAP_SETGID and CAP_KILL, which this process keeps, with none of the
// network's. It has one thread, takes orders from one socket, and ends with the agent: together
// with every command that still runs.
#pragma once

#include <sys/types.h>

#include "pkg/base/result.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::probe {

class ExecHost {
 public:
  /// Forks the host. Call it on the main thread before any other thread exists, before secrets are
  /// read and before capabilities are dropped; of the three it keeps what is there. The thread that
  /// calls it must live as long as the agent: the host ends with it. Errors: kReport.
  [[nodiscard]] static base::Result<ExecHost> start();

  ExecHost(ExecHost&& other) noexcept;
  ExecHost& operator=(ExecHost&& other) noexcept;
  ExecHost(const ExecHost&) = delete;
  ExecHost& operator=(const ExecHost&) = delete;
  /// Ends the host and what it runs, and waits for it.
  ~ExecHost() { stop(); }

  /// The agent's end of the socket, for the Prober.
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  ExecHost(runtime::UniqueFd socket, pid_t pid);
  void stop();

  runtime::UniqueFd socket_;
  pid_t pid_ = -1;
};

}  // namespace keelvip::probe
