// The messages between the agent and its ExecHost, the small process that runs commands: one
// datagram each on a SOCK_SEQPACKET pair. Both ends are the same binary, yet every message is
// checked as if a stranger had sent it: the host holds capabilities that the agent has given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/probe/attempt.h"

namespace keelvip::probe {

/// To the host: run this. At its timeout the whole process group is ended.
struct RunCommand {
  AttemptId id = 0;
  base::Duration timeout{};
  std::string user;
  std::vector<std::string> command;      // at least one word
  std::vector<std::string> environment;  // "NAME=value"

  friend bool operator==(const RunCommand&, const RunCommand&) = default;
};

/// To the host: nobody waits for it any more; end it.
struct CancelCommand {
  AttemptId id = 0;

  friend bool operator==(const CancelCommand&, const CancelCommand&) = default;
};

/// From the host, once for a run that was not cancelled: what came out, maybe while its processes
/// are still being ended.
struct CommandEnded {
  AttemptId id = 0;
  bool success = false;
  std::string reason;

  friend bool operator==(const CommandEnded&, const CommandEnded&) = default;
};

/// From the host, once for every run and last: no process of its group is left.
struct CommandGone {
  AttemptId id = 0;

  friend bool operator==(const CommandGone&, const CommandGone&) = default;
};

using ExecMessage = std::variant<RunCommand, CancelCommand, CommandEnded, CommandGone>;

/// Longest datagram, in bytes.
inline constexpr std::size_t kExecMessageLimit = std::size_t{64} << 10U;

/// Errors: kReport if the message would be too long, or a string in it contains a NUL byte.
[[nodiscard]] base::Result<std::string> encode(const ExecMessage& message);
/// Errors: kReport, with what is wrong.
[[nodiscard]] base::Result<ExecMessage> decode_exec_message(const std::string& datagram);

}  // namespace keelvip::probe
