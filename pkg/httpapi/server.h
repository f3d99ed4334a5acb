// Server: the listener of the endpoints. Passive: it owns an epoll descriptor that the caller's
// loop watches; turn() does what is due and never blocks. Slow, silent and greedy clients cost a
// bounded number of connections and bytes, and an honest request is answered in between. The
// agent's http thread drives it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/httpapi/connection.h"
#include "pkg/httpapi/endpoints.h"
#include "pkg/httpapi/http_library.h"
#include "pkg/httpapi/http_statistics.h"
#include "pkg/httpapi/limits.h"
#include "pkg/httpapi/listener.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::httpapi {

class Server {
 public:
  /// Listens at `where` (see open_listener, also for the errors); nothing is answered before the
  /// first turn().
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> open(std::string_view where,
                                                                  Sources sources,
                                                                  Limits limits = {});

  Server(Listener listener, Sources sources, Limits limits);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens, with the real port.
  [[nodiscard]] const std::string& address() const { return listener_.address; }
  /// Readable when turn() has something to do.
  [[nodiscard]] int fd() const { return epoll_.get(); }
  /// When turn() must be called although nothing is readable.
  [[nodiscard]] base::Instant next_deadline() const;

  void turn(base::Instant now);

  [[nodiscard]] const HttpStatistics& statistics() const { return statistics_; }

 private:
  using Id = std::uint64_t;  // of a connection, never used again
  static constexpr Id kListenerId = 0;

  void accept_connections(base::Instant now);
  bool accept_one(base::Instant now);
  void pause_accepting(base::Instant now);
  void expire(base::Instant now);
  /// Lets the connection do what it can, then watches it for the rest or closes it.
  void drive(Id id, base::Instant now);
  void settle(Id id, bool alive);
  void close(Id id);
  /// Closes the connection that deserves it most.
  void evict_one();
  /// Cuts off the oldest readers while all hold too many different pages.
  void bound_held_pages();
  void watch(int operation, int fd, Id id, std::uint32_t events) const;

  Limits limits_;
  Listener listener_;
  HttpStatistics statistics_;
  Endpoints endpoints_;
  HttpLibrary library_;
  Service service_;
  runtime::UniqueFd epoll_;
  std::map<Id, Connection> connections_;  // oldest first
  Id last_id_ = kListenerId;
  base::Instant accept_again_ = base::kNever;  // after the kernel refused a connection
  base::Instant forget_rendered_ = base::kNever;
};

}  // namespace keelvip::httpapi
