#include "pkg/httpapi/listener.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::httpapi {
namespace {

bool fails_with(std::string_view where, std::string_view words) {
  const auto listener = open_listener(where);
  return !listener && listener.error().code == base::ErrorCode::kReport &&
         listener.error().message.find(words) != std::string::npos;
}

TEST_CASE("a free port is found and named") {
  const auto v4 = open_listener("127.0.0.1:0");
  REQUIRE(v4);
  CHECK(v4->address.starts_with("127.0.0.1:"));
  CHECK_FALSE(v4->address.ends_with(":0"));
  const auto v6 = open_listener("[::1]:0");
  REQUIRE(v6);
  CHECK(v6->address.starts_with("[::1]:"));
  CHECK(open_listener(":0").has_value());
}

TEST_CASE("a second listener on the same port learns that it is taken") {
  const auto first = open_listener("127.0.0.1:0");
  REQUIRE(first);
  CHECK(fails_with(first->address, "Address already in use (EADDRINUSE)"));
  CHECK(fails_with(first->address, "--listen"));
}

TEST_CASE("an address that the node does not have is refused with that reason") {
  CHECK(fails_with("192.0.2.77:9477", "no interface of this node has that address"));
}

TEST_CASE("malformed addresses are refused with what is wrong") {
  CHECK(fails_with("127.0.0.1", "no port"));
  CHECK(fails_with("127.0.0.1:", "not a number"));
  CHECK(fails_with("127.0.0.1:65536", "not a number"));
  CHECK(fails_with("127.0.0.1:80x", "not a number"));
  CHECK(fails_with("localhost:80", "not an IP address"));
  CHECK(fails_with("::1:80", "not an IP address"));
  CHECK(fails_with("[]:80", "not an IP address"));
  CHECK(fails_with("[127.0.0.1]:80", "not an IP address"));
  CHECK(fails_with("unix:relative", "absolute"));
  CHECK(fails_with("", "no port"));
}

TEST_CASE("an address can be checked without taking it") {
  const auto taken = open_listener("127.0.0.1:0");
  REQUIRE(taken);
  CHECK(check_listen_address(taken->address));
  CHECK(check_listen_address("unix:/run/keelvip.sock"));
  CHECK_FALSE(check_listen_address("127.0.0.1"));
  CHECK_FALSE(check_listen_address("unix:relative"));
}

TEST_CASE("a file that is no socket is left where it is, and named as what is in the way") {
  const std::string path = "/tmp/keelvip-listener-test-" + std::to_string(::getpid()) + ".txt";
  std::ofstream(path) << "precious";
  CHECK(fails_with("unix:" + path, "a file that is no socket is in the way"));
  CHECK(std::filesystem::file_size(path) == 8);
  std::filesystem::remove(path);
}

TEST_CASE("a socket file goes with its listener; one of a killed process is replaced") {
  const std::string path = "/tmp/keelvip-listener-test-" + std::to_string(::getpid()) + ".sock";
  const std::string where = "unix:" + path;
  {
    const auto first = open_listener(where);
    REQUIRE(first);
    CHECK(first->address == where);
    CHECK(fails_with(where, "EADDRINUSE"));
    CHECK(std::filesystem::exists(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    const runtime::UniqueFd killed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(killed.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(std::filesystem::exists(path));
  CHECK(open_listener(where).has_value());
}

}  // namespace
}  // namespace keelvip::httpapi
