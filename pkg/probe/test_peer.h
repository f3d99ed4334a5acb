// TestPeer: a server on the loopback for tests of the prober, as honest or hostile as its story
// wants. It lives on the test's event loop, beside the prober: no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::probe {

/// One accepted connection.
class Conversation {
 public:
  explicit Conversation(runtime::UniqueFd fd) : fd_(std::move(fd)) {}

  /// Reads what is there; then knows whether the client has gone.
  void read();
  /// Sends what fits into the socket's buffer; false if nothing did.
  bool send(std::string_view bytes);
  /// Sends all of it, once; a test's answers are smaller than a socket's buffer.
  void answer(std::string_view bytes);
  void close() { fd_.reset(); }
  /// Closes with an RST.
  void reset();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] bool has_request() const { return received_.find("\r\n\r\n") != std::string::npos; }
  [[nodiscard]] std::size_t sent() const { return sent_; }

 private:
  runtime::UniqueFd fd_;
  std::string received_;
  std::size_t sent_ = 0;
  bool answered_ = false;
};

class TestPeer {
 public:
  /// Called for every open conversation at every turn of the test's loop.
  using Behaviour = std::function<void(Conversation&)>;

  struct Options {
    bool ipv6 = false;
    bool raw = false;  // the behaviour reads by itself
  };
  explicit TestPeer(Behaviour behaviour) : TestPeer(std::move(behaviour), Options{}) {}
  TestPeer(Behaviour behaviour, Options options);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void turn();

  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  [[nodiscard]] std::size_t open() const { return conversations_.size(); }
  /// Everything that any client has sent.
  [[nodiscard]] const std::string& received() const { return received_; }
  /// Bytes sent to all clients.
  [[nodiscard]] std::size_t sent() const { return sent_; }

 private:
  Behaviour behaviour_;
  bool raw_;
  runtime::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::list<Conversation> conversations_;
  std::size_t accepted_ = 0;
  std::size_t sent_ = 0;
  std::string received_;
};

/// Answers every request with `response` and closes.
[[nodiscard]] TestPeer::Behaviour responding(std::string response);
/// Accepts, reads and says nothing.
[[nodiscard]] TestPeer::Behaviour stalling();
/// Sends `start`, then `chunk` for ever, as fast as the client takes it.
[[nodiscard]] TestPeer::Behaviour flooding(std::string start, std::string chunk);
/// Sends `start`, then `drop` for ever, one every few milliseconds however fast the machine is.
[[nodiscard]] TestPeer::Behaviour dripping(std::string start, std::string drop);

/// A listener whose queue is full: further connects are never answered.
class FullBacklog {
 public:
  FullBacklog();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  runtime::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::vector<runtime::UniqueFd> fillers_;
};

/// A port that nobody listens on, and that nobody else can get as long as this lives.
class ClosedPort {
 public:
  ClosedPort();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  runtime::UniqueFd holder_;
  std::uint16_t port_ = 0;
};

}  // namespace keelvip::probe
