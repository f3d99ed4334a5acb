// TestScene: a prober, its event loop and the peers of a test, driven by hand on one thread until
// what the test waits for has happened.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pkg/health/check.h"
#include "pkg/probe/prober.h"
#include "pkg/probe/test_peer.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"

namespace keelvip::probe {

/// Patience of a test that waits for something that must happen; sanitizers and busy machines are
/// slow.
inline constexpr std::chrono::seconds kPatience{90};

class TestScene {
 public:
  explicit TestScene(const ExecHost* host = nullptr)
      : prober(loop, {.user_agent = "keelvip/1.2.3", .exec_host = host},
               [this](const health::CheckResult& result) { results.push_back(result); }) {}

  TestPeer& peer(TestPeer::Behaviour behaviour, TestPeer::Options options = {}) {
    peers.push_back(std::make_unique<TestPeer>(std::move(behaviour), options));
    return *peers.back();
  }

  void turn() {
    // Peers drip now and then, so a turn must come even if nothing happens.
    const base::Instant tick = runtime::monotonic_now() + std::chrono::milliseconds{5};
    loop.wait(std::min(prober.next_deadline(), tick));
    for (const auto& each : peers) {
      each->turn();
    }
    prober.advance(now());
  }

  /// False if it has not happened within kPatience.
  bool run_until(const std::function<bool()>& happened) {
    const base::Instant deadline = runtime::monotonic_now() + kPatience;
    while (!happened()) {
      if (runtime::monotonic_now() > deadline) {
        return false;
      }
      turn();
    }
    return true;
  }

  void adopt(const std::vector<health::CheckSpec>& specs) { prober.adopt(specs, now()); }

  /// The first result of `spec`, run alone.
  health::CheckResult first_result(health::CheckSpec spec) {
    adopt({std::move(spec)});
    results.clear();
    const bool came = run_until([this] { return !results.empty(); });
    adopt({});
    return came ? results.front() : no_result();
  }

  /// The same, but once it has begun its time stands still until `happened`: on the slowest machine
  /// that comes before the deadline, and on the fastest one the deadline still comes.
  health::CheckResult first_result_after(health::CheckSpec spec,
                                         const std::function<bool()>& happened) {
    adopt({std::move(spec)});
    results.clear();
    stopped_at_ = prober.next_deadline();
    prober.advance(now());
    const bool reached = run_until(happened);
    stopped_at_.reset();
    const bool came = reached && run_until([this] { return !results.empty(); });
    adopt({});
    return came ? results.front() : no_result();
  }

  runtime::EventLoop loop;
  std::vector<health::CheckResult> results;
  std::vector<std::unique_ptr<TestPeer>> peers;
  Prober prober;

 private:
  static health::CheckResult no_result() { return {{}, false, "no result", {}, {}}; }
  [[nodiscard]] base::Instant now() const { return stopped_at_.value_or(runtime::monotonic_now()); }

  std::optional<base::Instant> stopped_at_;
};

inline health::CheckSpec check_of(decltype(health::CheckSpec::probe) probe,
                                  base::Duration timeout = std::chrono::seconds{10}) {
  return {.id = {"web", "check"},
          .probe = std::move(probe),
          .period = std::chrono::milliseconds{100},
          .timeout = timeout};
}

inline health::HttpProbe http_to(std::uint16_t port, std::string path = "/") {
  return {.tls = false, .host = "127.0.0.1", .port = port, .path = std::move(path), .headers = {}};
}

}  // namespace keelvip::probe
