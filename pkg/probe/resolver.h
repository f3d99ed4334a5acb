// Resolver: turns host names into endpoints without making anybody wait. getaddrinfo() can neither
// be cancelled nor given a deadline, so a few worker threads sit in it; names that hang occupy
// those, never the probe thread, and literals do not come here at all. Probe thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/probe/endpoint.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::probe {

class Resolver {
 public:
  static constexpr std::size_t kWorkers = 4;

  /// Port 0 in each endpoint, at least one if there is no error. Errors: kRetry.
  using Addresses = base::Result<std::vector<Endpoint>>;
  using Resolved = std::function<void(const std::string& host, const Addresses& addresses)>;

  Resolver(runtime::EventLoop& loop, Resolved resolved);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Does not wait for a worker that hangs.
  ~Resolver();

  /// Calls `resolved` once, later. A name that is being resolved is not asked for twice.
  void resolve(const std::string& host);

 private:
  struct Shared;
  void on_answers();

  runtime::EventLoop& loop_;
  Resolved resolved_;
  std::shared_ptr<Shared> shared_;  // with the workers, who may outlive us
};

}  // namespace keelvip::probe
