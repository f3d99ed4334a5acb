// RunningServer and HttpClient: a server on its own thread and blocking clients on loopback, for
// tests with real sockets. Used by the tests of httpapi and of the commands, on their main thread;
// no part of the program.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "pkg/base/check.h"
#include "pkg/httpapi/server.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/unique_fd.h"
#include "pkg/runtime/wakeup.h"

namespace keelvip::httpapi {

/// Of an address such as "127.0.0.1:9477".
inline std::uint16_t port_of(std::string_view address) {
  std::uint16_t port = 0;
  const std::string_view digits = address.substr(address.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

/// Serves on a free loopback port until it is destroyed.
class RunningServer {
 public:
  explicit RunningServer(std::shared_ptr<const status::Snapshot> snapshot, Limits limits = {})
      : snapshot_(std::move(snapshot)) {
    auto opened = Server::open("127.0.0.1:0",
                               {.snapshot =
                                    [this] {
                                      const std::lock_guard lock(mutex_);
                                      ++asked_;
                                      return snapshot_;
                                    },
                                .loops =
                                    [this] {
                                      const std::lock_guard lock(mutex_);
                                      return loops_;
                                    }},
                               limits);
    KEELVIP_CHECK(opened.has_value());
    server_ = *std::move(opened);
    address_ = server_->address();
    thread_ = std::thread([this] { run(); });
  }
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void put(std::shared_ptr<const status::Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  void put(std::vector<LoopAge> loops) {
    const std::lock_guard lock(mutex_);
    loops_ = std::move(loops);
  }

  /// How often it has been asked for the snapshot.
  std::size_t asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  /// Ends the thread; afterwards the statistics may be read.
  const HttpStatistics& stop() {
    if (thread_.joinable()) {
      stopping_ = true;
      wakeup_.signal();
      thread_.join();
    }
    return server_->statistics();
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint16_t port() const { return port_of(address_); }

 private:
  void run() {
    runtime::EventLoop loop;
    KEELVIP_CHECK(loop.watch(server_->fd(), runtime::Interest::kRead, [] {}).has_value());
    KEELVIP_CHECK(loop.watch(wakeup_.fd(), runtime::Interest::kRead, [this] { wakeup_.drain(); })
                      .has_value());
    while (!stopping_) {
      loop.wait(server_->next_deadline());
      server_->turn(runtime::monotonic_now());
    }
  }

  std::mutex mutex_;
  std::shared_ptr<const status::Snapshot> snapshot_;
  std::vector<LoopAge> loops_;
  std::size_t asked_ = 0;
  std::unique_ptr<Server> server_;
  std::string address_;
  runtime::Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

struct HttpAnswer {
  int status = 0;  // 0: the connection ended without an answer
  std::string head;
  std::string body;

  [[nodiscard]] bool has(std::string_view header) const {
    return head.find(header) != std::string::npos;
  }
};

/// A blocking client; every wait ends after a minute at the latest.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// False when the other side takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  /// One answer; with `head_only` none of its body is expected.
  HttpAnswer read(bool head_only = false) {
    HttpAnswer answer;
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) {
        return answer;
      }
    }
    answer.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    constexpr std::string_view kLength = "Content-Length: ";
    std::size_t length = 0;
    if (const std::size_t at = answer.head.find(kLength); at != std::string::npos && !head_only) {
      std::from_chars(answer.head.data() + at + kLength.size(),
                      answer.head.data() + answer.head.size(), length);
    }
    while (buffer_.size() < length) {
      if (!receive()) {
        return {};
      }
    }
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
  }

  /// Whether the other side closes, and sends nothing before it does.
  bool is_closed() {
    char byte = 0;
    const ssize_t count = ::recv(fd_.get(), &byte, 1, 0);
    return buffer_.empty() && (count == 0 || (count < 0 && errno != EAGAIN));
  }

  HttpAnswer get(std::string_view target, std::string_view headers = "") {
    send(std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(headers) +
         "\r\n");
    return read();
  }

 private:
  bool receive() {
    char bytes[65536];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (count > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
    return count > 0;
  }

  runtime::UniqueFd fd_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace keelvip::httpapi
