// ExecProbes: has commands run by the ExecHost and waits for what they say, without waiting for
// any. An engine of the prober, on the probe thread; deadlines are the host's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "pkg/base/time.h"
#include "pkg/health/check.h"
#include "pkg/probe/attempt.h"
#include "pkg/probe/exec_host.h"
#include "pkg/probe/exec_protocol.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::probe {

class ExecProbes {
 public:
  /// Called once for every attempt that was started, after its outcome if it has one: none of the
  /// check's processes is left. An attempt that was cancelled has this coming, too.
  using Gone = std::function<void(const health::CheckId&)>;

  /// Without a host every attempt fails. The host must outlive us.
  ExecProbes(runtime::EventLoop& loop, const ExecHost* host, Done done, Gone gone);
  ExecProbes(const ExecProbes&) = delete;
  ExecProbes& operator=(const ExecProbes&) = delete;
  ~ExecProbes();

  /// Only for a check that has no processes now.
  void start(AttemptId id, const health::CheckSpec& spec, const health::ExecProbe& probe);
  void cancel(AttemptId id);

  /// Whether there was a host, and it has ended.
  [[nodiscard]] bool has_lost_host() const { return lost_host_; }

  /// The revision of the check's attempt whose processes may still be there; nullopt: none.
  [[nodiscard]] std::optional<std::uint64_t> revision_running(const health::CheckId& check) const;

 private:
  void on_answer();
  void on_message(const ExecMessage& message);
  void lose_host();
  void fail(AttemptId id, const std::string& reason);
  void forget(AttemptId id);
  bool send(const ExecMessage& message);

  runtime::EventLoop& loop_;
  int host_ = -1;  // the ExecHost's socket; -1: there is none, or it has ended
  bool lost_host_ = false;
  Done done_;
  Gone gone_;
  std::map<AttemptId, health::CheckId> running_;       // not gone yet
  std::map<health::CheckId, std::uint64_t> revision_;  // of these
  std::set<AttemptId> waiting_;                        // of these, somebody wants the outcome
};

}  // namespace keelvip::probe
