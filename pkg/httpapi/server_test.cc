#include "pkg/httpapi/server.h"

#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/httpapi/http_client.h"
#include "pkg/runtime/sanitized.h"
#include "pkg/status/example_snapshot.h"

namespace keelvip::httpapi {
namespace {

using base::Milliseconds;
using Clock = std::chrono::steady_clock;

constexpr bool kMeasuresMemory = !runtime::kSanitized;  // a sanitizer keeps what was freed

std::shared_ptr<const status::Snapshot> example() {
  return std::make_shared<const status::Snapshot>(status::example_snapshot());
}

/// A server whose turns and whose time are the test's. It keeps what it rendered, so that its next
/// deadline is a connection's.
std::unique_ptr<Server> open_example() {
  return *Server::open("127.0.0.1:0",
                       {.snapshot = example, .loops = [] { return std::vector<LoopAge>{}; }},
                       {.keep_rendered = std::chrono::hours{1}});
}

bool is_readable(int fd, int milliseconds = 0) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, milliseconds) == 1;
}

/// Gives the server turns at `now` until that has happened.
void turn_until(Server& server, base::Instant now, const std::function<bool()>& happened) {
  const auto deadline = Clock::now() + std::chrono::minutes{1};
  while (!happened()) {
    REQUIRE(Clock::now() < deadline);
    is_readable(server.fd(), 10);
    server.turn(now);
  }
}

/// Far more than any socket buffer holds.
std::shared_ptr<const status::Snapshot> crowd() {
  return std::make_shared<const status::Snapshot>(status::crowded_snapshot(2'000));
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * 4096;
}

/// Checks that memory did not grow by more than `most`, which is far below what was sent.
void check_growth(std::size_t before, std::size_t most) {
  const std::size_t after = resident_bytes();
  if (kMeasuresMemory && after > before) {
    CHECK(after - before < most);
  }
}

/// Sends `piece` until the other side stops taking it or `most` bytes are out.
std::size_t flood(HttpClient& client, const std::string& piece, std::size_t most) {
  std::size_t sent = 0;
  while (sent < most && client.send(piece)) {
    sent += piece.size();
  }
  return sent;
}

constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
constexpr std::size_t kFlood = 200 * kMegabyte;
// Sockets' buffers may hold this much of a flood that nobody reads.
constexpr std::size_t kBuffered = 100 * kMegabyte;

TEST_CASE("a request in one piece, byte by byte or pipelined gets the same answer") {
  RunningServer server(example());
  HttpClient whole(server.port());
  const HttpAnswer expected = whole.get("/status");
  REQUIRE(expected.status == 200);

  HttpClient dripping(server.port());
  for (const char byte : std::string("GET /status HTTP/1.1\r\nHost: x\r\n\r\n")) {
    dripping.send(std::string(1, byte));
  }
  CHECK(dripping.read().body == expected.body);

  HttpClient pipelining(server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += "GET /status HTTP/1.1\r\n\r\nGET /livez HTTP/1.1\r\n\r\n\r\n";
  }
  std::thread sender([&pipelining, &requests] { pipelining.send(requests); });
  for (int i = 0; i < 200; ++i) {
    REQUIRE(pipelining.read().body == expected.body);
    REQUIRE(pipelining.read().body == "ok");
  }
  sender.join();
}

TEST_CASE("HEAD has the head of GET and no body") {
  RunningServer server(example());
  HttpClient client(server.port());
  const HttpAnswer get = client.get("/status");
  client.send("HEAD /status HTTP/1.1\r\n\r\n");
  const HttpAnswer head = client.read(true);
  CHECK(head.head == get.head);
  CHECK(client.get("/livez").body == "ok");
}

TEST_CASE("a client that closes its sending half still gets its answer, then the end") {
  RunningServer server(example());
  HttpClient client(server.port());
  client.send("GET /livez HTTP/1.1\r\n\r\n");
  client.finish_sending();
  CHECK(client.read().body == "ok");
  CHECK(client.is_closed());
}

TEST_CASE("a connection that asks for its end gets it") {
  RunningServer server(example());
  HttpClient client(server.port());
  const HttpAnswer answer = client.get("/livez", "Connection: close\r\n");
  CHECK(answer.has("Connection: close\r\n"));
  CHECK(client.is_closed());
  HttpClient old(server.port());
  old.send("GET /livez HTTP/1.0\r\n\r\n");
  CHECK(old.read().body == "ok");
  CHECK(old.is_closed());
}

TEST_CASE("what is no request for a read-only endpoint is refused with a reason, then closed") {
  RunningServer server(example());
  const auto status_of = [&server](const std::string& bytes) {
    HttpClient client(server.port());
    client.send(bytes);
    const HttpAnswer answer = client.read();
    CHECK(answer.body.find("\"status\":\"Failure\"") != std::string::npos);
    CHECK(client.is_closed());
    return answer.status;
  };
  CHECK(status_of("POST /status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n") ==
        405);
  CHECK(status_of("GET /status HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc") == 413);
  CHECK(status_of("GET /status HTTP/1.1\n\n") == 400);
  CHECK(status_of("\x16\x03\x01\x02 TLS?\n") == 400);
  CHECK(status_of("GET /\xff\xfe HTTP/3\r\n\r\n") == 400);
  const HttpStatistics& statistics = server.stop();
  CHECK(statistics.replies == std::array<std::uint64_t, 10>{0, 3, 0, 1, 0, 1, 0, 0, 0, 0});
}

TEST_CASE("bad UTF-8 and escapes in a path are only a name that nobody has") {
  RunningServer server(example());
  HttpClient client(server.port());
  CHECK(client.get("/\xff\xfe").status == 404);
  CHECK(client.get("/apis/keelvip.io/v1alpha1/virtualips/%ff%00%zz%").status == 404);
  CHECK(client.get("/%2e%2e/%2e%2e/etc/passwd").status == 404);
  CHECK(client.get("/status#x?y=%").status == 200);
  CHECK(client.get("/livez?" + std::string(7'000, '&')).status == 200);
  CHECK(client.get("/livez?" + std::string(10'000, '=')).status == 414);
}

TEST_CASE("a request line of 200 MB is cut off early and costs no memory") {
  RunningServer server(example());
  HttpClient client(server.port());
  const std::size_t before = resident_bytes();
  client.send("GET /");
  CHECK(flood(client, std::string(65'536, 'a'), kFlood) < kBuffered);
  check_growth(before, 4 * kMegabyte);
  CHECK(HttpClient(server.port()).get("/livez").status == 200);
  CHECK(server.stop().replies[6] == 1);  // 414
}

TEST_CASE("endless headers are cut off early and cost no memory") {
  RunningServer server(example());
  HttpClient client(server.port());
  const std::size_t before = resident_bytes();
  client.send("GET / HTTP/1.1\r\n");
  std::string headers;
  for (int i = 0; i < 5'000; ++i) {
    headers += "x: y\r\n";
  }
  CHECK(flood(client, headers, kFlood) < kBuffered);
  check_growth(before, 4 * kMegabyte);
  CHECK(server.stop().replies[7] == 1);  // 431
}

TEST_CASE("a chunked body of 200 MB is cut off early and costs no memory") {
  RunningServer server(example());
  HttpClient client(server.port());
  const std::size_t before = resident_bytes();
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(flood(client, "10000\r\n" + std::string(65'536, 'a') + "\r\n", kFlood) < kBuffered);
  check_growth(before, 4 * kMegabyte);
}

TEST_CASE("ranges and encodings are ignored") {
  RunningServer server(example());
  HttpClient client(server.port());
  std::string ranges = "Range: bytes=0-0";
  for (int i = 0; i < 1'000; ++i) {
    ranges += ",0-99";
  }
  const std::string plain = client.get("/status").body;
  CHECK(client.get("/status", ranges + "\r\nAccept-Encoding: br, gzip\r\n").body == plain);
}

TEST_CASE("two thousand slow clients neither stop an honest request nor grow memory") {
  constexpr std::size_t kClients = 2'000;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  REQUIRE(files.rlim_cur > kClients + 500);

  RunningServer server(example());
  HttpClient(server.port()).get("/status");
  const std::size_t before = resident_bytes();
  std::list<HttpClient> slow;
  auto slowest = Clock::duration::zero();
  for (std::size_t i = 0; i < kClients; ++i) {
    slow.emplace_back(server.port());
    REQUIRE(slow.back().connected());
    slow.back().send("GET /status HTTP/1.1\r\nX-Slow: ");
    if (i % 100 == 0) {
      const auto start = Clock::now();
      REQUIRE(HttpClient(server.port()).get("/status").status == 200);
      slowest = std::max(slowest, Clock::now() - start);
    }
  }
  REQUIRE(HttpClient(server.port()).get("/status").status == 200);  // all before it are accepted
  MESSAGE("slowest honest request: ",
          std::chrono::duration_cast<std::chrono::microseconds>(slowest).count(), " us");
  // None waited for a slow one's end, which comes after 5 s.
  CHECK(slowest < Limits{}.head / 2);
  check_growth(before, 6 * kMegabyte);
  const HttpStatistics& statistics = server.stop();
  CHECK(statistics.connections <= Limits{}.connections);
  CHECK(statistics.evicted >= kClients - Limits{}.connections);
}

TEST_CASE("a request that drips for ever ends at its deadline with a reason") {
  const auto server = open_example();
  base::Instant now{Milliseconds{1'000}};
  HttpClient client(port_of(server->address()));
  turn_until(*server, now, [&] { return server->statistics().connections == 1; });
  now += Milliseconds{1'000};
  client.send("GET /status HTTP/1.1\r\n");
  turn_until(*server, now, [&] { return server->next_deadline() == now + Limits{}.head; });
  client.send("X-Drop: y\r\n");
  server->turn(now + Limits{}.head - Milliseconds{1});
  CHECK(server->statistics().deadlines == 0);
  server->turn(now + Limits{}.head);
  CHECK(client.read().status == 408);
  CHECK(client.is_closed());
  CHECK(server->statistics().deadlines == 1);
}

TEST_CASE("silent and idle connections end at their deadlines") {
  const auto server = open_example();
  const base::Instant start{Milliseconds{1'000}};
  HttpClient silent(port_of(server->address()));
  turn_until(*server, start, [&] { return server->statistics().connections == 1; });
  HttpClient idle(port_of(server->address()));
  idle.send("GET /livez HTTP/1.1\r\n\r\n");
  turn_until(*server, start, [&] { return is_readable(idle.fd()); });
  CHECK(idle.read().status == 200);
  server->turn(start + Limits{}.head);
  CHECK(silent.is_closed());
  CHECK(server->statistics().deadlines == 1);
  server->turn(start + Limits{}.idle);
  CHECK(idle.is_closed());
  CHECK(server->statistics().deadlines == 2);
}

TEST_CASE(
    "a reader that takes nothing is cut off at its deadline, and others are answered before") {
  const auto server =
      *Server::open("127.0.0.1:0", {.snapshot = [page = crowd()] { return page; },
                                    .loops = [] { return std::vector<LoopAge>{}; }});
  const base::Instant start{Milliseconds{1'000}};
  HttpClient greedy(port_of(server->address()));
  greedy.send("GET /status HTTP/1.1\r\n\r\n");
  HttpAnswer answer;
  std::atomic<bool> answered = false;
  std::thread honest([&server, &answer, &answered] {
    answer = HttpClient(port_of(server->address())).get("/status");
    answered = true;
  });
  while (!answered) {
    server->turn(start);
  }
  honest.join();
  CHECK(answer.status == 200);
  CHECK(answer.body.size() > 5 * kMegabyte);
  server->turn(start + Limits{}.write);
  CHECK(server->statistics().deadlines == 1);
  CHECK(greedy.read().status == 0);  // what was on its way is not a whole page
}

TEST_CASE("readers of one page share it; readers of many are bounded") {
  RunningServer server(crowd(), {.held_pages = 24 * kMegabyte});
  HttpClient(server.port()).get("/status");
  const std::size_t before = resident_bytes();
  std::list<HttpClient> same;
  for (int i = 0; i < 50; ++i) {
    same.emplace_back(server.port());
    same.back().send("GET /status HTTP/1.1\r\n\r\n");
  }
  CHECK(HttpClient(server.port()).get("/livez").status == 200);
  check_growth(before, 24 * kMegabyte);
  std::list<HttpClient> different;
  for (int i = 0; i < 10; ++i) {
    server.put(crowd());
    different.emplace_back(server.port());
    different.back().send("GET /status HTTP/1.1\r\n\r\n");
    CHECK(HttpClient(server.port()).get("/livez").status == 200);
  }
  CHECK(server.stop().evicted > 0);
}

TEST_CASE("an idle server has nothing to do until its next deadline") {
  const auto server = *Server::open(
      "127.0.0.1:0", {.snapshot = example, .loops = [] { return std::vector<LoopAge>{}; }});
  const std::string& address = server->address();
  HttpClient client(port_of(address));
  client.send("GET /status HTTP/1.1\r\n\r\n");
  const base::Instant start{Milliseconds{1'000}};
  turn_until(*server, start, [&] { return is_readable(client.fd()); });
  CHECK(client.read().status == 200);
  CHECK_FALSE(is_readable(server->fd()));
  CHECK(server->next_deadline() == start + Limits{}.keep_rendered);
  server->turn(start + Limits{}.keep_rendered);
  CHECK(server->next_deadline() == start + Limits{}.idle);
  server->turn(start + Limits{}.idle);
  CHECK(client.is_closed());
  CHECK(server->next_deadline() == base::kNever);
}

TEST_CASE("a second server on the same port does not start") {
  RunningServer first(example());
  const auto second = Server::open(first.address(), {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find("Address already in use") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::httpapi
