#include "pkg/httpapi/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>
#include <variant>

namespace keelvip::httpapi {

namespace {

constexpr int kStepsPerTurn = 64;
constexpr std::size_t kMostDiscarded = std::size_t{256} << 10U;
constexpr std::size_t kReadBytes = 4096;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Connection(runtime::UniqueFd fd, const Limits& limits, base::Instant now)
    : fd_(std::move(fd)), since_(now), deadline_(now + limits.head) {}

void Connection::enter(Phase phase, base::Duration limit, base::Instant now) {
  phase_ = phase;
  since_ = now;
  deadline_ = now + limit;
}

bool Connection::advance(const Service& service, base::Instant now) {
  more_ = false;
  for (int step = 0; step < kStepsPerTurn; ++step) {
    Progress progress = Progress::kEnded;
    switch (phase_) {
      case Phase::kReading:
        progress = read(service, now);
        break;
      case Phase::kWriting:
        progress = write(service, now);
        break;
      case Phase::kLingering:
        progress = linger();
        break;
    }
    if (progress != Progress::kMade) {
      return progress == Progress::kBlocked;
    }
  }
  more_ = true;
  return true;
}

bool Connection::expire(const Service& service, base::Instant now) {
  if (phase_ != Phase::kReading || !receiving_) {
    return false;
  }
  start_reply(service, refusal(408, "the request did not arrive in time"), now);
  return advance(service, now);
}

Connection::Progress Connection::read(const Service& service, base::Instant now) {
  if (auto reply = take_request(service)) {
    start_reply(service, *std::move(reply), now);
    return Progress::kMade;
  }
  if (peer_closed_) {
    return Progress::kEnded;
  }
  return receive(now, service.limits);
}

Connection::Progress Connection::receive(base::Instant now, const Limits& limits) {
  std::array<char, kReadBytes> bytes;
  const std::size_t room = std::min(bytes.size(), kMaxHeadBytes - input_.size());
  const ssize_t count = ::recv(fd_.get(), bytes.data(), room, 0);
  if (count < 0) {
    return would_block(errno) ? Progress::kBlocked : Progress::kEnded;
  }
  if (count == 0) {
    peer_closed_ = true;
    return Progress::kMade;
  }
  if (!receiving_) {
    receiving_ = true;
    enter(Phase::kReading, limits.head, now);
  }
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  return Progress::kMade;
}

/// The answer to the request that input_ begins with; nullopt while that is incomplete.
std::optional<Reply> Connection::take_request(const Service& service) {
  while (input_.starts_with("\r\n")) {  // RFC 9112 2.2
    input_.erase(0, 2);
    scanner_.restart();
  }
  switch (scanner_.scan(input_)) {
    case HeadScanner::Verdict::kBareNewline:
      return refusal(400, "lines end with CR LF");
    case HeadScanner::Verdict::kIncomplete:
      if (input_.size() < kMaxHeadBytes) {
        return std::nullopt;
      }
      return input_.find('\n') == std::string::npos
                 ? refusal(414, "the request line is longer than 16 KiB")
                 : refusal(431, "the headers are longer than 16 KiB");
    case HeadScanner::Verdict::kComplete:
      break;
  }
  auto head = read_head(std::string_view(input_).substr(0, scanner_.length()));
  input_.erase(0, scanner_.length());
  scanner_.restart();
  if (auto* refused = std::get_if<Reply>(&head)) {
    return std::move(*refused);
  }
  return service.library.answer(std::get<RequestHead>(head));
}

void Connection::start_reply(const Service& service, Reply reply, base::Instant now) {
  service.statistics.count_reply(reply.status);
  reply_ = std::move(reply);
  written_ = 0;
  enter(Phase::kWriting, service.limits.write, now);
}

Connection::Progress Connection::write(const Service& service, base::Instant now) {
  const std::size_t body_size = reply_.body ? reply_.body->size() : 0;
  const std::size_t total = reply_.head.size() + body_size;
  while (written_ < total) {
    // sendmsg does not write through iov_base.
    std::array<iovec, 2> parts{};
    msghdr message{};
    message.msg_iov = parts.data();
    const auto add = [&message, &parts](const std::string& text, std::size_t from) {
      parts[message.msg_iovlen++] = {const_cast<char*>(text.data()) + from, text.size() - from};
    };
    if (written_ < reply_.head.size()) {
      add(reply_.head, written_);
    }
    if (reply_.body) {
      add(*reply_.body, written_ - std::min(written_, reply_.head.size()));
    }
    const ssize_t count = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (count < 0) {
      return would_block(errno) ? Progress::kBlocked : Progress::kEnded;
    }
    written_ += static_cast<std::size_t>(count);
  }
  const bool close = std::exchange(reply_, {}).close;
  receiving_ = !input_.empty();
  if (!close) {
    enter(Phase::kReading, receiving_ ? service.limits.head : service.limits.idle, now);
    return Progress::kMade;
  }
  if (peer_closed_) {
    return Progress::kEnded;
  }
  // Closing with unread input would reset the connection and take the reply with it.
  ::shutdown(fd_.get(), SHUT_WR);
  input_ = {};
  enter(Phase::kLingering, service.limits.linger, now);
  return Progress::kMade;
}

Connection::Progress Connection::linger() {
  std::array<char, kReadBytes> bytes;
  const ssize_t count = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0 && would_block(errno)) {
    return Progress::kBlocked;
  }
  if (count <= 0) {
    return Progress::kEnded;
  }
  discarded_ += static_cast<std::size_t>(count);
  return discarded_ < kMostDiscarded ? Progress::kMade : Progress::kEnded;
}

}  // namespace keelvip::httpapi
