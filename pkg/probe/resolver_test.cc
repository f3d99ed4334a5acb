#include "pkg/probe/resolver.h"

#include <dlfcn.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/probe/test_scene.h"

namespace keelvip::probe {
namespace {

using std::chrono::milliseconds;

/// Name servers that do not answer: lookups of *.hangs.test wait until the gate opens.
struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool open = true;
  int waiting = 0;
  int asked = 0;

  void pass() {
    std::unique_lock lock(mutex);
    ++asked;
    ++waiting;
    opened.notify_all();
    opened.wait(lock, [this] { return open; });
    --waiting;
    opened.notify_all();
  }
};

Gate& gate() {
  static Gate the_gate;
  return the_gate;
}

struct ClosedGate {
  ClosedGate() {
    const std::lock_guard lock(gate().mutex);
    gate().open = false;
    gate().asked = 0;
  }
  ClosedGate(const ClosedGate&) = delete;
  ClosedGate& operator=(const ClosedGate&) = delete;
  ~ClosedGate() {
    std::unique_lock lock(gate().mutex);
    gate().open = true;
    gate().opened.notify_all();
    gate().opened.wait(lock, [] { return gate().waiting == 0; });
  }
};

}  // namespace
}  // namespace keelvip::probe

// Takes the place of the C library's, for this test program: there is no name server to stall.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved names.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  const bool literal = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (!literal && node != nullptr && std::string(node).ends_with(".hangs.test")) {
    keelvip::probe::gate().pass();
    return EAI_AGAIN;
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto kReal = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return kReal(node, service, hints, result);
}

namespace keelvip::probe {
namespace {

struct ResolverScene {
  runtime::EventLoop loop;
  std::map<std::string, Resolver::Addresses> answers;
  Resolver resolver{loop, [this](const std::string& host, const Resolver::Addresses& addresses) {
                      answers.insert_or_assign(host, addresses);
                    }};

  bool wait_for_answers(std::size_t count) {
    const base::Instant deadline = runtime::monotonic_now() + kPatience;
    while (answers.size() < count && runtime::monotonic_now() < deadline) {
      loop.wait(deadline);
    }
    return answers.size() >= count;
  }
};

}  // namespace

TEST_CASE("a name is resolved, one that does not exist is an error that names it") {
  ResolverScene scene;
  scene.resolver.resolve("localhost");
  scene.resolver.resolve("no-such-name.invalid");
  REQUIRE(scene.wait_for_answers(2));
  REQUIRE(scene.answers.at("localhost").has_value());
  CHECK_FALSE(scene.answers.at("localhost")->empty());
  CHECK(scene.answers.at("no-such-name.invalid")
            .error()
            .message.starts_with("cannot resolve \"no-such-name.invalid\": "));
}

TEST_CASE("a name that hangs does not hold up the names beside it") {
  ResolverScene scene;
  {
    const ClosedGate closed;
    scene.resolver.resolve("a.hangs.test");
    scene.resolver.resolve("localhost");
    REQUIRE(scene.wait_for_answers(1));
    CHECK(scene.answers.contains("localhost"));
  }
  CHECK(scene.wait_for_answers(2));
}

TEST_CASE("a name that hangs occupies one worker, however often it is asked for") {
  ResolverScene scene;
  {
    const ClosedGate closed;
    for (int i = 0; i < 100; ++i) {
      scene.resolver.resolve("a.hangs.test");
    }
    scene.resolver.resolve("localhost");
    REQUIRE(scene.wait_for_answers(1));
  }
  REQUIRE(scene.wait_for_answers(2));
  const std::lock_guard lock(gate().mutex);
  CHECK(gate().asked == 1);
}

TEST_CASE("hanging names never occupy more than the workers, and are asked when one is free") {
  ResolverScene scene;
  {
    const ClosedGate closed;
    for (int i = 0; i < 20; ++i) {
      scene.resolver.resolve(std::to_string(i) + ".hangs.test");
    }
    std::unique_lock lock(gate().mutex);
    gate().opened.wait(lock, [] { return gate().waiting == static_cast<int>(Resolver::kWorkers); });
    CHECK(gate().asked == static_cast<int>(Resolver::kWorkers));
  }
  CHECK(scene.wait_for_answers(20));
}

TEST_CASE("a resolver ends without waiting for a name that hangs") {
  const ClosedGate closed;
  {
    ResolverScene scene;
    scene.resolver.resolve("a.hangs.test");
    std::unique_lock lock(gate().mutex);
    gate().opened.wait(lock, [] { return gate().waiting == 1; });
  }
  const std::lock_guard lock(gate().mutex);
  CHECK(gate().waiting == 1);
}

TEST_CASE("a check by name asks the addresses that the name has, one after the other") {
  TestScene scene;
  // localhost may be ::1 first; nobody listens there.
  const TestPeer& peer = scene.peer(responding("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  health::HttpProbe probe = http_to(peer.port());
  probe.host = "localhost";
  CHECK(scene.first_result(check_of(probe)).reason == "HTTP 200");
  CHECK(peer.received().find("Host: localhost:") != std::string::npos);
  CHECK(scene.first_result(check_of(health::TcpProbe{"localhost", peer.port()})).success);
}

TEST_CASE("a check whose name hangs is failed at its deadline, and the one beside it is not") {
  TestScene scene;
  const ClosedGate closed;
  const TestPeer& peer = scene.peer(stalling());
  health::CheckSpec hanging = check_of(health::TcpProbe{"a.hangs.test", 80}, milliseconds{150});
  health::CheckSpec honest = check_of(health::TcpProbe{"127.0.0.1", peer.port()});
  honest.id.check = "honest";
  scene.adopt({hanging, honest});
  std::vector<std::string> hanging_reasons;
  int successes = 0;
  REQUIRE(scene.run_until([&] {
    for (const auto& result : std::exchange(scene.results, {})) {
      if (result.id == honest.id) {
        successes += result.success ? 1 : 0;
      } else {
        hanging_reasons.push_back(result.reason);
      }
    }
    return hanging_reasons.size() >= 2 && successes >= 3;
  }));
  CHECK(hanging_reasons.front() == "timed out after 150 ms, resolving the host name");
}

}  // namespace keelvip::probe
