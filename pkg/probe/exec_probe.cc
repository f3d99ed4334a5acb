#include "pkg/probe/exec_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/base/error.h"
#include "pkg/base/overloaded.h"

namespace keelvip::probe {

ExecProbes::ExecProbes(runtime::EventLoop& loop, const ExecHost* host, Done done, Gone gone)
    : loop_(loop), done_(std::move(done)), gone_(std::move(gone)) {
  if (host != nullptr &&
      loop_.watch(host->fd(), runtime::Interest::kRead, [this] { on_answer(); }).has_value()) {
    host_ = host->fd();
  }
}

ExecProbes::~ExecProbes() {
  for (const auto& [id, check] : running_) {
    send(CancelCommand{id});
  }
  loop_.unwatch(host_);
}

void ExecProbes::start(AttemptId id, const health::CheckSpec& spec,
                       const health::ExecProbe& probe) {
  KEELVIP_CHECK(!revision_running(spec.id));
  running_.emplace(id, spec.id);
  revision_.emplace(spec.id, spec.revision);
  waiting_.insert(id);
  if (host_ < 0) {
    fail(id, "the process that runs commands for the agent is not there");
    return;
  }
  const RunCommand run{
      .id = id,
      .timeout = spec.timeout,
      .user = probe.user,
      .command = probe.command,
      .environment = {"KEELVIP_VIP=" + spec.id.vip, "KEELVIP_CHECK=" + spec.id.check}};
  if (const auto datagram = encode(run); !datagram) {
    fail(id, datagram.error().message);
  } else if (!send(run)) {
    fail(id, "the process that runs commands for the agent takes no more: " +
                 base::describe_errno(errno));
  }
}

void ExecProbes::cancel(AttemptId id) {
  if (waiting_.erase(id) != 0) {
    send(CancelCommand{id});
  }
}

bool ExecProbes::send(const ExecMessage& message) {
  const auto datagram = encode(message);
  return datagram &&
         ::send(host_, datagram->data(), datagram->size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void ExecProbes::on_answer() {
  std::string datagram(kExecMessageLimit, '\0');
  while (host_ >= 0) {
    datagram.resize(kExecMessageLimit);
    const auto length = ::recv(host_, datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    datagram.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    const auto message = decode_exec_message(datagram);
    if (!message) {
      lose_host();
      return;
    }
    on_message(*message);
  }
}

void ExecProbes::on_message(const ExecMessage& message) {
  std::visit(base::overloaded{
                 [this](const CommandEnded& ended) {
                   if (waiting_.erase(ended.id) != 0) {
                     done_(ended.id, {.success = ended.success, .reason = ended.reason});
                   }
                 },
                 [this](const CommandGone& gone) { forget(gone.id); },
                 [this](const auto&) { lose_host(); },
             },
             message);
}

void ExecProbes::lose_host() {
  loop_.unwatch(std::exchange(host_, -1));
  lost_host_ = true;
  const std::map<AttemptId, health::CheckId> lost = running_;
  for (const auto& [id, check] : lost) {
    fail(id, "the process that runs commands for the agent has ended");
  }
}

void ExecProbes::fail(AttemptId id, const std::string& reason) {
  if (waiting_.erase(id) != 0) {
    done_(id, {.success = false, .reason = reason});
  }
  forget(id);
}

void ExecProbes::forget(AttemptId id) {
  if (const auto found = running_.find(id); found != running_.end()) {
    const health::CheckId check = found->second;
    running_.erase(found);
    revision_.erase(check);
    gone_(check);
  }
}

std::optional<std::uint64_t> ExecProbes::revision_running(const health::CheckId& check) const {
  const auto found = revision_.find(check);
  return found == revision_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace keelvip::probe
