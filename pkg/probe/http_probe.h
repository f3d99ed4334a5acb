// HttpProbes: asks HTTP and HTTPS servers, any number at once, and believes none of them. libcurl's
// multi interface does it on the probe thread's event loop. An engine of the prober.
//
// As a Kubernetes probe: 200 to 399 is success, redirects are not followed, certificates are not
// verified. Unlike one: every attempt is a connection of its own, so that a listener that hangs is
// noticed. An answer may be slow until its deadline and large up to the limits below.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "pkg/base/time.h"
#include "pkg/health/check.h"
#include "pkg/probe/attempt.h"
#include "pkg/probe/endpoint.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::probe {

class HttpProbes {
 public:
  /// More than this of status line and headers is a failure.
  static constexpr std::size_t kHeadLimit = std::size_t{64} << 10U;
  /// More than this of a body is not read: the status has decided.
  static constexpr std::size_t kBodyLimit = std::size_t{16} << 10U;

  HttpProbes(runtime::EventLoop& loop, std::string user_agent, Done done);
  HttpProbes(const HttpProbes&) = delete;
  HttpProbes& operator=(const HttpProbes&) = delete;
  ~HttpProbes();

  void start(AttemptId id, const health::HttpProbe& probe, const Endpoint& endpoint);
  void cancel(AttemptId id);

  /// How far the attempt has come: "connecting", "waiting for the response".
  [[nodiscard]] std::string progress(AttemptId id) const;

  /// When advance() wants to be called even if no descriptor is ready.
  [[nodiscard]] base::Instant next_deadline() const;
  void advance(base::Instant now);

 private:
  struct Engine;  // keeps libcurl's types out of here
  std::unique_ptr<Engine> engine_;
};

}  // namespace keelvip::probe
