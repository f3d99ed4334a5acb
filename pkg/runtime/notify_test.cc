#include "pkg/runtime/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "pkg/runtime/unique_fd.h"

namespace keelvip::runtime {

TEST_CASE("the service manager hears what is said, and children do not learn its socket") {
  const std::string name = "keelvip-notify-test-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())) == 0);
  ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  ::unsetenv("WATCHDOG_PID");

  const Notify notify = Notify::from_environment();
  notify.send("READY=1");

  std::array<char, 64> buffer{};
  const auto size = ::recv(manager.get(), buffer.data(), buffer.size(), 0);
  REQUIRE(size > 0);
  CHECK(std::string(buffer.data(), static_cast<std::size_t>(size)) == "READY=1");
  CHECK(notify.watchdog_period() == std::chrono::seconds(10));
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
}

TEST_CASE("without a service manager nothing is sent and nothing fails") {
  ::unsetenv("NOTIFY_SOCKET");
  const Notify notify = Notify::from_environment();
  notify.send("READY=1");
  CHECK_FALSE(notify.watchdog_period().has_value());
}

}  // namespace keelvip::runtime
