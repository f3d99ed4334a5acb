#include "pkg/probe/prober.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/probe/test_scene.h"
#include "pkg/runtime/sanitized.h"

namespace keelvip::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const char* const kGood = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

health::CheckSpec named(std::string name, health::CheckSpec spec) {
  spec.id.check = std::move(name);
  return spec;
}

std::size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t resident_kilobytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// Both ends of every connection are ours.
void allow_many_descriptors() {
  rlimit limits{};
  ::getrlimit(RLIMIT_NOFILE, &limits);
  limits.rlim_cur = limits.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limits);
}

}  // namespace

TEST_CASE("a prober without checks sleeps for ever") {
  TestScene scene;
  CHECK(scene.prober.next_deadline() == base::kNever);
  CHECK(scene.prober.running() == 0);
}

TEST_CASE("a check runs once a period, without drift") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  scene.adopt({check_of(health::TcpProbe{"127.0.0.1", peer.port()})});
  // Between an attempt and the ninth after it lie nine periods, unless a busy machine is late with
  // some; a prober that drifts is late with all.
  const auto nine_periods = [&] {
    const auto last = scene.results.end() - 1;
    const auto first = last - 9;
    return (last->ended - last->took) - (first->ended - first->took);
  };
  CHECK(scene.run_until([&] {
    return scene.results.size() >= 12 && nine_periods() > milliseconds{850} &&
           nine_periods() < milliseconds{950};
  }));
}

TEST_CASE("results carry the revision of the question that was asked") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  health::CheckSpec spec = check_of(health::TcpProbe{"127.0.0.1", peer.port()});
  spec.revision = 42;
  CHECK(scene.first_result(spec).revision == 42);
}

TEST_CASE("a set that is adopted again disturbs no attempt that runs") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  const health::CheckSpec spec = check_of(http_to(peer.port()));
  scene.adopt({spec});
  REQUIRE(scene.run_until([&] { return peer.accepted() == 1; }));
  health::CheckSpec longer = spec;
  longer.period = seconds{1};
  scene.adopt({spec});
  scene.adopt({longer, named("other", check_of(http_to(peer.port())))});
  REQUIRE(scene.run_until([&] { return peer.accepted() == 2; }));
  CHECK(peer.open() == 2);
  CHECK(scene.results.empty());
  CHECK(scene.prober.running() == 2);
}

TEST_CASE("a check that is gone, or asks something else, ends its attempt without a result") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  const TestPeer& other = scene.peer(responding(kGood));
  health::CheckSpec spec = check_of(http_to(peer.port()));
  spec.revision = 1;
  scene.adopt({spec, named("leaves", check_of(http_to(peer.port())))});
  REQUIRE(scene.run_until([&] { return peer.accepted() == 2; }));
  spec.probe = http_to(other.port());
  spec.revision = 2;
  scene.adopt({spec});
  REQUIRE(scene.run_until([&] { return peer.open() == 0 && scene.results.size() >= 2; }));
  CHECK(std::all_of(
      scene.results.begin(), scene.results.end(),
      [](const health::CheckResult& result) { return result.success && result.revision == 2; }));
  scene.adopt({});
  CHECK(scene.prober.next_deadline() == base::kNever);
  CHECK(scene.prober.running() == 0);
}

TEST_CASE("a prober that goes away in the middle of everything leaves nothing behind") {
  const std::size_t files_before = open_files();
  {
    TestScene scene;
    const TestPeer& peer = scene.peer(stalling());
    const FullBacklog full;
    scene.adopt({named("a", check_of(http_to(peer.port()))),
                 named("b", check_of(health::TcpProbe{"127.0.0.1", full.port()}))});
    REQUIRE(scene.run_until([&] { return scene.prober.running() == 2; }));
  }
  CHECK(open_files() == files_before);
}

TEST_CASE("hostile backends delay nobody: 300 of 500 stall, the others are as quick as alone") {
  allow_many_descriptors();
  TestScene scene;
  const TestPeer& good = scene.peer(responding(kGood));
  const TestPeer& bad = scene.peer(stalling());
  std::vector<health::CheckSpec> specs;
  for (int i = 0; i < 500; ++i) {
    const bool stalls = i % 5 < 3;
    specs.push_back(named((stalls ? "bad" : "good") + std::to_string(i),
                          check_of(http_to(stalls ? bad.port() : good.port()), 2 * kPatience)));
    specs.back().period = 4 * kPatience;
  }
  scene.adopt(specs);
  // They are spread over the first half second. None may wait for one that stalls: its timeout is
  // longer than our patience.
  REQUIRE(scene.run_until([&] { return scene.results.size() == 200; }));
  CHECK(std::all_of(scene.results.begin(), scene.results.end(),
                    [](const health::CheckResult& result) { return result.success; }));
  CHECK(scene.run_until([&] { return bad.open() == 300; }));
  CHECK(scene.prober.running() == 300);
}

TEST_CASE("floods from all sides neither grow memory nor keep an honest check waiting") {
  allow_many_descriptors();
  TestScene scene;
  const std::string megabyte(1U << 20U, 'x');
  const TestPeer& good = scene.peer(responding(kGood));
  const TestPeer& bodies = scene.peer(flooding("HTTP/1.1 200 OK\r\n\r\n", megabyte));
  const TestPeer& heads =
      scene.peer(flooding("HTTP/1.1 200 OK\r\n", "X: " + std::string(500, 'x') + "\r\n"));
  const TestPeer& lines = scene.peer(flooding("HTTP/1.1 200 ", megabyte));
  std::vector<health::CheckSpec> specs{named("good", check_of(http_to(good.port())))};
  for (int i = 0; i < 30; ++i) {
    specs.push_back(named("body" + std::to_string(i), check_of(http_to(bodies.port()))));
    specs.push_back(named("head" + std::to_string(i), check_of(http_to(heads.port()))));
    specs.push_back(named("line" + std::to_string(i), check_of(http_to(lines.port()))));
  }
  const std::size_t memory_before = resident_kilobytes();
  scene.adopt(specs);
  std::map<std::string, int> seen;
  REQUIRE(scene.run_until([&] {
    for (const auto& result : std::exchange(scene.results, {})) {
      ++seen[result.id.check];
      CHECK(result.success == (result.id.check[0] == 'g' || result.id.check[0] == 'b'));
    }
    return seen.size() == specs.size() && seen["good"] >= 5;
  }));
  CHECK((runtime::kSanitized || resident_kilobytes() < memory_before + 20'000));
}

TEST_CASE("a prober that was stopped for a while believes the answers that wait for it") {
  TestScene scene;
  const TestPeer& peer = scene.peer(responding(kGood));
  scene.adopt({check_of(http_to(peer.port()), milliseconds{50})});
  // The driver is held up: the attempt starts, the answer arrives, and long after its deadline the
  // next turn comes.
  base::Instant now = scene.prober.next_deadline();
  scene.prober.advance(now);
  REQUIRE(scene.prober.running() == 1);
  now += seconds{3};
  scene.prober.advance(now);
  REQUIRE(scene.prober.running() == 1);
  REQUIRE(scene.run_until([&] { return !scene.results.empty(); }));
  CHECK(scene.results.front().reason == "HTTP 200");
}

}  // namespace keelvip::probe
