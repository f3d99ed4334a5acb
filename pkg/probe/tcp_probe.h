// TcpProbes: asks whether a connection can be made, without waiting for any. An engine of the
// prober, on the probe thread; deadlines are the prober's.
#pragma once

#include <string>
#include <unordered_map>

#include "pkg/probe/attempt.h"
#include "pkg/probe/endpoint.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::probe {

/// A connect to a free port of this host's ephemeral range may get that very port as its source and
/// then meets itself (TCP simultaneous open): a connection, but nobody's service.
[[nodiscard]] bool meets_itself(int connected_fd);

class TcpProbes {
 public:
  TcpProbes(runtime::EventLoop& loop, Done done);
  TcpProbes(const TcpProbes&) = delete;
  TcpProbes& operator=(const TcpProbes&) = delete;
  ~TcpProbes();

  void start(AttemptId id, const Endpoint& endpoint);
  void cancel(AttemptId id);

 private:
  void finish(AttemptId id, Outcome outcome);
  void on_writable(AttemptId id);

  runtime::EventLoop& loop_;
  Done done_;
  std::unordered_map<AttemptId, runtime::UniqueFd> connecting_;
};

}  // namespace keelvip::probe
