#include "pkg/probe/tcp_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/probe/test_scene.h"

namespace keelvip::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

health::TcpProbe tcp_to(std::uint16_t port, std::string host = "127.0.0.1") {
  return {.host = std::move(host), .port = port};
}

}  // namespace

TEST_CASE("a port that accepts is success, at once") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling());
  const auto result = scene.first_result(check_of(tcp_to(peer.port())));
  CHECK(result.success);
  CHECK(result.reason == "connected");
  CHECK(scene.run_until([&] { return peer.accepted() == 1 && peer.open() == 0; }));
}

TEST_CASE("a port that nobody listens on is a failure that names it") {
  TestScene scene;
  const ClosedPort closed;
  const auto result = scene.first_result(check_of(tcp_to(closed.port())));
  CHECK_FALSE(result.success);
  CHECK(result.reason ==
        "127.0.0.1:" + std::to_string(closed.port()) + ": Connection refused (ECONNREFUSED)");
}

TEST_CASE("a listener whose backlog is full is failed at the deadline") {
  const FullBacklog listener;
  TestScene scene;
  const auto result = scene.first_result(check_of(tcp_to(listener.port()), milliseconds{150}));
  CHECK_FALSE(result.success);
  CHECK(result.reason ==
        "timed out after 150 ms, connecting (127.0.0.1:" + std::to_string(listener.port()) + ")");
}

TEST_CASE("an IPv6 literal is asked") {
  TestScene scene;
  const TestPeer& peer = scene.peer(stalling(), {.ipv6 = true});
  CHECK(scene.first_result(check_of(tcp_to(peer.port(), "::1"))).success);
}

TEST_CASE("an address that cannot be reached is a failure with the kernel's reason") {
  TestScene scene;
  // Not a unicast address: connect() refuses it on every host.
  const auto result = scene.first_result(check_of(tcp_to(80, "255.255.255.255")));
  CHECK_FALSE(result.success);
  CHECK(result.reason.starts_with("255.255.255.255:80: "));
}

TEST_CASE("a connection to oneself is nobody's service") {
  // A free port of the ephemeral range may become the source of the very connect() that asks for
  // it. Made certain here by binding the source.
  TestScene scene;
  const runtime::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(socket.get(), generic, length) == 0);
  REQUIRE(::getsockname(socket.get(), generic, &length) == 0);
  REQUIRE(::connect(socket.get(), generic, length) == 0);
  CHECK(meets_itself(socket.get()));

  const TestPeer& peer = scene.peer(stalling());
  const runtime::UniqueFd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address.sin_port = htons(peer.port());
  REQUIRE(::connect(other.get(), generic, length) == 0);
  CHECK_FALSE(meets_itself(other.get()));
}

}  // namespace keelvip::probe
