#include "pkg/probe/http_probe.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "pkg/probe/test_scene.h"

namespace keelvip::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kShort{150};

std::string at(const TestPeer& peer) {
  return "(127.0.0.1:" + std::to_string(peer.port()) + ")";
}

health::CheckResult ask(TestPeer::Behaviour behaviour, base::Duration timeout = seconds{10}) {
  TestScene scene;
  const TestPeer& peer = scene.peer(std::move(behaviour));
  return scene.first_result(check_of(http_to(peer.port()), timeout));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a server that answers 200 is alive, and the request is what the spec says") {
  TestScene scene;
  const TestPeer& peer = scene.peer(responding("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  health::HttpProbe probe = http_to(peer.port(), "/health?full=1");
  probe.headers = {{"X-Asked-By", "keelvip"}, {"X-Empty", ""}};
  const health::CheckResult result = scene.first_result(check_of(probe));
  CHECK(result.success);
  CHECK(result.reason == "HTTP 200");
  CHECK(result.took > base::Duration::zero());
  CHECK(peer.received().starts_with("GET /health?full=1 HTTP/1.1\r\n"));
  CHECK(contains(peer.received(), "Host: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
  CHECK(contains(peer.received(), "User-Agent: keelvip/1.2.3\r\n"));
  CHECK(contains(peer.received(), "Connection: close\r\n"));
  CHECK(contains(peer.received(), "X-Asked-By: keelvip\r\n"));
  CHECK(contains(peer.received(), "X-Empty:\r\n"));
}

TEST_CASE("a Host header of the spec replaces the address") {
  TestScene scene;
  const TestPeer& peer = scene.peer(responding("HTTP/1.1 204 No Content\r\n\r\n"));
  health::HttpProbe probe = http_to(peer.port());
  probe.headers = {{"host", "www.example.com"}};
  const health::CheckResult result = scene.first_result(check_of(probe));
  CHECK(result.success);
  CHECK(result.reason == "HTTP 204");
  CHECK(contains(peer.received(), "ost: www.example.com\r\n"));
  CHECK_FALSE(contains(peer.received(), "127.0.0.1"));
}

TEST_CASE("200 to 399 is success, everything else is failure") {
  CHECK(ask(responding("HTTP/1.1 304 Not Modified\r\n\r\n")).success);
  CHECK(ask(responding("HTTP/1.0 399 Odd\r\n\r\n")).success);
  CHECK_FALSE(ask(responding("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).success);
  CHECK_FALSE(ask(responding("HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n")).success);
  const auto unavailable = ask(responding("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  CHECK_FALSE(unavailable.success);
  CHECK(unavailable.reason == "HTTP 503");
}

TEST_CASE("a redirect is success and is not followed") {
  TestScene scene;
  const TestPeer& target = scene.peer(stalling());
  const TestPeer& peer = scene.peer(
      responding("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:" +
                 std::to_string(target.port()) + "/\r\n\r\n"));
  const health::CheckResult result = scene.first_result(check_of(http_to(peer.port())));
  CHECK(result.success);
  CHECK(result.reason == "HTTP 302");
  CHECK(target.accepted() == 0);
}

TEST_CASE("a proxy named in the environment is not asked") {
  ::setenv("http_proxy", "http://127.0.0.1:1/", 1);
  CHECK(ask(responding("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).success);
  ::unsetenv("http_proxy");
}

TEST_CASE("every attempt is a connection of its own") {
  TestScene scene;
  const TestPeer& peer = scene.peer([](Conversation& client) {
    if (client.has_request()) {
      client.answer("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
    }
  });
  scene.adopt({check_of(http_to(peer.port()))});
  REQUIRE(scene.run_until([&] { return scene.results.size() == 3; }));
  CHECK(peer.accepted() == 3);
}

TEST_CASE("an IPv6 literal is asked, with and without brackets") {
  TestScene scene;
  const TestPeer& peer =
      scene.peer(responding("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), {.ipv6 = true});
  for (const char* host : {"::1", "[::1]"}) {
    health::HttpProbe probe = http_to(peer.port());
    probe.host = host;
    CHECK(scene.first_result(check_of(probe)).reason == "HTTP 200");
  }
  CHECK(contains(peer.received(), "Host: [::1]:"));
}

TEST_CASE("a refused connection is a failure that names who refused") {
  TestScene scene;
  const ClosedPort closed;
  const health::CheckResult result = scene.first_result(check_of(http_to(closed.port())));
  CHECK_FALSE(result.success);
  CHECK(result.reason ==
        "127.0.0.1:" + std::to_string(closed.port()) + ": Connection refused (ECONNREFUSED)");
}

TEST_CASE("a server that accepts and says nothing is failed at the deadline") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  const auto result = scene.first_result_after(check_of(http_to(peer.port()), kShort), [&] {
    return contains(peer.received(), "\r\n\r\n");
  });
  CHECK_FALSE(result.success);
  CHECK(result.reason == "timed out after 150 ms, waiting for the response " + at(peer));
  CHECK(result.took >= kShort);
}

TEST_CASE("a server that drips its head or its body is failed at the deadline") {
  TestScene scene;
  constexpr std::string_view kStart = "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n";
  const auto result_of = [&](const TestPeer& peer) {
    return scene.first_result_after(check_of(http_to(peer.port()), kShort),
                                    [&] { return peer.sent() > kStart.size() + 10; });
  };
  const TestPeer& head = scene.peer(dripping(std::string(kStart), "X: y\r\n"));
  const auto slow_head = result_of(head);
  CHECK_FALSE(slow_head.success);
  CHECK(slow_head.reason == "timed out after 150 ms, reading the response's head " + at(head));

  const TestPeer& body = scene.peer(dripping(std::string(kStart) + "\r\n", "x"));
  const auto slow_body = result_of(body);
  CHECK_FALSE(slow_body.success);
  CHECK(slow_body.reason == "timed out after 150 ms, reading the body of HTTP 200 " + at(body));
}

TEST_CASE("endless headers are cut off") {
  TestScene scene;
  const TestPeer& peer =
      scene.peer(flooding("HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(1000, 'x') + "\r\n"));
  const auto result = scene.first_result(check_of(http_to(peer.port())));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "the response's head is too large");
  CHECK(peer.sent() < std::size_t{16} << 20U);
}

TEST_CASE("a status line without an end is cut off") {
  const auto result = ask(flooding("HTTP/1.1 200 ", std::string(65536, 'a')));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "the response's head is too large");
}

TEST_CASE("an endless body of a good answer is success, and is not read to the end") {
  TestScene scene;
  const std::string megabyte(1U << 20U, 'b');
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"}) {
    const TestPeer& peer = scene.peer(flooding(head, megabyte));
    const auto result = scene.first_result(check_of(http_to(peer.port())));
    CHECK(result.success);
    CHECK(result.reason == "HTTP 200");
    CHECK(peer.sent() < std::size_t{32} << 20U);
  }
}

TEST_CASE("a body that never comes is failed, however large it was said to be") {
  for (const char* length : {"9223372036854775807", "99999999999999999999999999", "100"}) {
    TestScene scene;
    const TestPeer& peer = scene.peer([&](Conversation& client) {
      if (client.has_request()) {
        client.answer("HTTP/1.1 200 OK\r\nContent-Length: " + std::string(length) + "\r\n\r\n");
      }
    });
    CHECK_FALSE(scene.first_result(check_of(http_to(peer.port()), kShort)).success);
  }
}

TEST_CASE("a body that ends early is a failure with a reason") {
  const auto result = ask(responding("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  CHECK_FALSE(result.success);
  CHECK(contains(result.reason, "96 bytes remaining"));
}

TEST_CASE("a peer that closes, resets or talks nonsense is failed with a reason") {
  CHECK(ask(responding("")).reason == "Empty reply from server");
  CHECK(contains(ask([](Conversation& client) { client.reset(); }).reason, "Connection reset"));
  CHECK(contains(ask(responding("SSH-2.0-OpenSSH_9.2\r\n")).reason, "HTTP/0.9"));
  CHECK_FALSE(ask(responding(std::string("\0\xff\xfe\0", 4))).success);
}

TEST_CASE("informational answers are not the answer") {
  const auto result = ask(responding(
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"));
  CHECK_FALSE(result.success);
  CHECK(result.reason == "HTTP 500");
}

TEST_CASE("endless informational answers are cut off") {
  CHECK_FALSE(ask(flooding("", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n")).success);
}

TEST_CASE("a peer that lets the TLS handshake stall is failed at the deadline") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  health::HttpProbe probe = http_to(peer.port());
  probe.tls = true;
  const auto result =
      scene.first_result_after(check_of(probe, kShort), [&] { return !peer.received().empty(); });
  CHECK_FALSE(result.success);
  CHECK(result.reason == "timed out after 150 ms, in the TLS handshake " + at(peer));
}

TEST_CASE("a peer that answers TLS with plain text is failed with a reason") {
  TestScene scene;
  const TestPeer& peer =
      scene.peer([](Conversation& client) { client.answer("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  health::HttpProbe probe = http_to(peer.port());
  probe.tls = true;
  const auto result = scene.first_result(check_of(probe));
  CHECK_FALSE(result.success);
  CHECK(contains(result.reason, "wrong version number"));
}

}  // namespace keelvip::probe
