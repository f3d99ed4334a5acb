#include "test/namespaces/network_namespace.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <fmt/format.h>

namespace keelvip::test {

namespace {

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {} (these tests need root)", what,
                                       std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

int open_current() {
  const int fd = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fail("open the current network namespace");
  }
  return fd;
}

// Enters on construction, returns on destruction.
class Visit {
 public:
  explicit Visit(int fd) : home_(open_current()) {
    if (::setns(fd, CLONE_NEWNET) != 0) {
      fail("enter a network namespace");
    }
  }
  ~Visit() {
    if (::setns(home_, CLONE_NEWNET) != 0) {
      std::perror("return to the network namespace");
      std::abort();
    }
    ::close(home_);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  int home_;
};

void write_to(const std::string& command, const std::string& input) {
  std::FILE* pipe = ::popen(command.c_str(), "we");
  if (pipe == nullptr) {
    fail("start " + command);
  }
  std::fwrite(input.data(), 1, input.size(), pipe);
  if (::pclose(pipe) != 0) {
    throw std::runtime_error("failed: " + command);
  }
}

}  // namespace

NetworkNamespace::NetworkNamespace() {
  const int home = open_current();
  if (::unshare(CLONE_NEWNET) != 0) {
    fail("create a network namespace");
  }
  fd_ = open_current();
  if (::setns(home, CLONE_NEWNET) != 0) {
    fail("return to the network namespace");
  }
  ::close(home);
  ip("link set lo up");
}

NetworkNamespace::~NetworkNamespace() {
  ::close(fd_);
}

void NetworkNamespace::inside(const std::function<void()>& work) const {
  const Visit visit(fd_);
  work();
}

void NetworkNamespace::ip(std::string_view arguments) const {
  shell(fmt::format("ip {}", arguments));
}

void NetworkNamespace::ip_batch(const std::string& lines) const {
  const Visit visit(fd_);
  write_to("ip -batch -", lines);
}

void NetworkNamespace::shell(const std::string& command) const {
  const Visit visit(fd_);
  write_to(command, "");
}

std::string NetworkNamespace::output_of(const std::string& command) const {
  const Visit visit(fd_);
  std::FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) {
    fail("start " + command);
  }
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  ::pclose(pipe);
  return output;
}

std::string NetworkNamespace::path() const {
  return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_);
}

void wait_until(std::string_view what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format("waited in vain: {}", what));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void await_ipv6(const NetworkNamespace& network, std::string_view interface) {
  wait_until("IPv6 is ready", [&] {
    const auto shown = network.output_of(fmt::format("ip -o -6 addr show dev {}", interface));
    return shown.find("fe80::") != std::string::npos &&
           shown.find("tentative") == std::string::npos;
  });
}

void connect(const NetworkNamespace& left, std::string_view left_name,
             const NetworkNamespace& right, std::string_view right_name) {
  left.ip(fmt::format("link add {} type veth peer name {} netns {}", left_name, right_name,
                      right.path()));
  for (const auto& [network, name] : {std::pair(&left, left_name), std::pair(&right, right_name)}) {
    network->shell(fmt::format("echo 0 > /proc/sys/net/ipv6/conf/{}/accept_dad", name));
    network->ip(fmt::format("link set {} up", name));
  }
  for (const auto& [network, name] : {std::pair(&left, left_name), std::pair(&right, right_name)}) {
    await_ipv6(*network, name);
  }
}

}  // namespace keelvip::test
