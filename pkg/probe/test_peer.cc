#include "pkg/probe/test_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/base/time.h"
#include "pkg/runtime/clock.h"

namespace keelvip::probe {
namespace {

constexpr base::Milliseconds kBetweenDrops{5};

struct Socket {
  runtime::UniqueFd fd;
  std::uint16_t port = 0;
};

Socket bind_to_loopback(bool ipv6) {
  sockaddr_in6 ipv6_address{};
  ipv6_address.sin6_family = AF_INET6;
  ipv6_address.sin6_addr = in6addr_loopback;
  sockaddr_in ipv4_address{};
  ipv4_address.sin_family = AF_INET;
  ipv4_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = ipv6 ? reinterpret_cast<sockaddr*>(&ipv6_address)
                       : reinterpret_cast<sockaddr*>(&ipv4_address);
  socklen_t length = ipv6 ? sizeof ipv6_address : sizeof ipv4_address;
  runtime::UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  KEELVIP_CHECK(::bind(fd.get(), address, length) == 0);
  KEELVIP_CHECK(::getsockname(fd.get(), address, &length) == 0);
  return {std::move(fd), ntohs(ipv6 ? ipv6_address.sin6_port : ipv4_address.sin_port)};
}

Socket listen_on_loopback(bool ipv6, int backlog = 1024) {
  Socket socket = bind_to_loopback(ipv6);
  KEELVIP_CHECK(::listen(socket.fd.get(), backlog) == 0);
  return socket;
}

}  // namespace

void Conversation::read() {
  std::array<char, 4096> buffer;
  const auto length = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (length > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(length));
  } else if (length == 0 || errno != EAGAIN) {
    fd_.reset();
  }
}

bool Conversation::send(std::string_view bytes) {
  const auto length = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  sent_ += length > 0 ? static_cast<std::size_t>(length) : 0;
  return length > 0;
}

void Conversation::answer(std::string_view bytes) {
  if (!std::exchange(answered_, true)) {
    send(bytes);
  }
}

void Conversation::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

TestPeer::TestPeer(Behaviour behaviour, Options options)
    : behaviour_(std::move(behaviour)), raw_(options.raw) {
  Socket listener = listen_on_loopback(options.ipv6);
  listener_ = std::move(listener.fd);
  port_ = listener.port;
}

void TestPeer::turn() {
  while (true) {
    runtime::UniqueFd client(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      break;
    }
    ++accepted_;
    conversations_.emplace_back(std::move(client));
  }
  for (auto at = conversations_.begin(); at != conversations_.end();) {
    const std::size_t sent_before = at->sent();
    const std::size_t received_before = at->received().size();
    if (!raw_) {
      at->read();
    }
    received_.append(at->received(), received_before);
    if (at->is_open()) {
      behaviour_(*at);
    }
    sent_ += at->sent() - sent_before;
    at = at->is_open() ? std::next(at) : conversations_.erase(at);
  }
}

TestPeer::Behaviour responding(std::string response) {
  return [response = std::move(response)](Conversation& client) {
    if (client.has_request()) {
      client.answer(response);
      client.close();
    }
  };
}

TestPeer::Behaviour stalling() {
  return [](Conversation&) {};
}

TestPeer::Behaviour flooding(std::string start, std::string chunk) {
  return [start = std::move(start), chunk = std::move(chunk)](Conversation& client) {
    if (!client.has_request()) {
      return;
    }
    client.answer(start);
    for (int burst = 0; burst < 16 && client.send(chunk); ++burst) {
    }
  };
}

TestPeer::Behaviour dripping(std::string start, std::string drop) {
  return [start = std::move(start), drop = std::move(drop),
          next = base::Instant::min()](Conversation& client) mutable {
    const base::Instant now = runtime::monotonic_now();
    if (!client.has_request()) {
      return;
    }
    client.answer(start);
    if (now >= next) {
      next = now + kBetweenDrops;
      client.send(drop);
    }
  };
}

FullBacklog::FullBacklog() {
  Socket listener = listen_on_loopback(false, 0);
  listener_ = std::move(listener.fd);
  port_ = listener.port;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  for (int i = 0; i < 4; ++i) {
    fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    [[maybe_unused]] const int pending =
        ::connect(fillers_.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
}

ClosedPort::ClosedPort() {
  Socket bound = bind_to_loopback(false);
  holder_ = std::move(bound.fd);
  port_ = bound.port;
}

}  // namespace keelvip::probe
