// Connection: one client, from its first byte to its last. It never blocks: advance() does what the
// socket allows now. Input is bounded by one request head, output by one shared page, every phase
// by a deadline. httpapi's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pkg/base/time.h"
#include "pkg/httpapi/http_library.h"
#include "pkg/httpapi/http_statistics.h"
#include "pkg/httpapi/limits.h"
#include "pkg/httpapi/reply.h"
#include "pkg/httpapi/request_head.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::httpapi {

/// What all connections share.
struct Service {
  HttpLibrary& library;
  HttpStatistics& statistics;
  const Limits& limits;
};

class Connection {
 public:
  enum class Phase : std::uint8_t {
    kReading,    // for a request, or idle between two
    kWriting,    // a reply
    kLingering,  // the last reply is out; what still comes in is thrown away (RFC 9112 9.6)
  };

  Connection(runtime::UniqueFd fd, const Limits& limits, base::Instant now);

  /// Reads, answers and writes as far as the socket goes. False: it is to be closed.
  [[nodiscard]] bool advance(const Service& service, base::Instant now);

  /// The deadline has passed. False: it is to be closed; true: there is a last word to send.
  [[nodiscard]] bool expire(const Service& service, base::Instant now);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool wants_to_write() const { return phase_ == Phase::kWriting || more_; }
  [[nodiscard]] base::Instant deadline() const { return deadline_; }
  /// Since when it has been in its phase, without anything completed.
  [[nodiscard]] base::Instant since() const { return since_; }
  /// The page that is being sent; null if none.
  [[nodiscard]] const std::shared_ptr<const std::string>& body() const { return reply_.body; }

 private:
  enum class Progress : std::uint8_t { kMade, kBlocked, kEnded };

  Progress read(const Service& service, base::Instant now);
  Progress write(const Service& service, base::Instant now);
  Progress linger();
  Progress receive(base::Instant now, const Limits& limits);
  [[nodiscard]] std::optional<Reply> take_request(const Service& service);
  void start_reply(const Service& service, Reply reply, base::Instant now);
  void enter(Phase phase, base::Duration limit, base::Instant now);

  runtime::UniqueFd fd_;
  Phase phase_ = Phase::kReading;
  base::Instant since_;
  base::Instant deadline_;
  std::string input_;
  HeadScanner scanner_;
  bool receiving_ = false;    // a request has begun
  bool peer_closed_ = false;  // nothing more will come in
  bool more_ = false;         // stopped for fairness: input_ may hold another request
  Reply reply_;
  std::size_t written_ = 0;    // of head and body
  std::size_t discarded_ = 0;  // while lingering
};

}  // namespace keelvip::httpapi
