#include "pkg/wire/receiver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace keelvip::wire {

namespace {

constexpr std::size_t kBatch = 64;

// The largest IPv6 advert: 8 bytes and 255 addresses, and room for a trailer (IPv4 stays below).
constexpr std::size_t kPacketSize = 4352;

// IPV6_PKTINFO, IPV6_HOPLIMIT and SO_RXQ_OVFL take 88 bytes.
constexpr std::size_t kControlSize = 128;

// Sockets served per call to epoll_wait; the others come in the next round.
constexpr int kReadySockets = 32;

template <typename Value>
Value read_control(const cmsghdr& header) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(&header), sizeof(value));
  return value;
}

net::IpAddress to_address(const in6_addr& address) {
  return net::IpAddress::from_bytes(net::Family::kIpv6, std::as_bytes(std::span(address.s6_addr)));
}

}  // namespace

struct Receiver::Listener {
  explicit Listener(const GroupSocket& read) : socket(read) {}

  GroupSocket socket;
  bool watched = false;
  std::uint32_t overflows = 0;  // the kernel's count, which wraps
};

struct Receiver::Buffers {
  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControlSize> bytes;
  };

  std::unique_ptr<std::array<std::array<std::byte, kPacketSize>, kBatch>> packets =
      std::make_unique_for_overwrite<std::array<std::array<std::byte, kPacketSize>, kBatch>>();
  std::array<sockaddr_in6, kBatch> sources{};
  std::array<Control, kBatch> controls{};
  std::array<iovec, kBatch> vectors{};
  std::array<mmsghdr, kBatch> headers{};

  Buffers() { reset(kBatch); }

  // recvmmsg writes lengths and flags into the headers it used.
  void reset(std::size_t used) {
    for (std::size_t i = 0; i < used; ++i) {
      vectors[i] = {(*packets)[i].data(), kPacketSize};
      msghdr& header = headers[i].msg_hdr;
      header.msg_name = &sources[i];
      header.msg_namelen = sizeof(sources[i]);
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].bytes.data();
      header.msg_controllen = kControlSize;
      header.msg_flags = 0;
    }
  }
};

Receiver::Receiver(runtime::UniqueFd epoll)
    : epoll_(std::move(epoll)), buffers_(std::make_unique<Buffers>()) {}
Receiver::Receiver(Receiver&&) noexcept = default;
Receiver& Receiver::operator=(Receiver&&) noexcept = default;
Receiver::~Receiver() = default;

base::Result<Receiver> Receiver::open() {
  runtime::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return base::unexpected(
        base::report_error(fmt::format("epoll_create1: {}", base::describe_errno(errno))));
  }
  return Receiver(std::move(epoll));
}

std::vector<ListenFailure> Receiver::use(std::span<const GroupSocket> sockets) {
  std::vector<ListenFailure> failures;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (const GroupSocket& socket : sockets) {
    const auto known = std::ranges::find_if(listeners_, [&](const auto& listener) {
      return listener != nullptr && listener->socket == socket;
    });
    listeners.push_back(known != listeners_.end() ? std::move(*known)
                                                  : std::make_unique<Listener>(socket));
  }
  for (const auto& listener : listeners_) {
    if (listener != nullptr && listener->watched) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener->socket.fd, nullptr);
    }
  }
  for (const auto& listener : listeners) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = listener.get();
    listener->watched = listener->watched ||
                        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener->socket.fd, &event) == 0;
    if (!listener->watched) {
      failures.push_back(
          {{listener->socket.interface, listener->socket.family},
           base::retry_error(fmt::format("epoll_ctl: {}", base::describe_errno(errno)))});
    }
  }
  listeners_ = std::move(listeners);
  return failures;
}

std::size_t Receiver::receive(std::size_t budget, const Sink& sink) {
  std::size_t total = 0;
  bool more = true;
  while (more && total < budget) {
    std::array<epoll_event, kReadySockets> ready{};
    const int count = ::epoll_wait(epoll_.get(), ready.data(), kReadySockets, 0);
    // A socket that did not fill its batch is empty: that saves asking epoll once more.
    more = count == kReadySockets;
    for (const epoll_event& event :
         std::span(ready).first(static_cast<std::size_t>(std::max(0, count)))) {
      const std::size_t limit = std::min(kBatch, budget - total);
      const std::size_t received =
          receive_from(*static_cast<Listener*>(event.data.ptr), limit, sink);
      total += received;
      more = more || received == limit;
      if (total == budget) {
        break;
      }
    }
  }
  return total;
}

std::size_t Receiver::receive_from(Listener& listener, std::size_t limit, const Sink& sink) {
  const int count = ::recvmmsg(listener.socket.fd, buffers_->headers.data(),
                               static_cast<unsigned>(limit), MSG_DONTWAIT, nullptr);
  if (count < 0) {
    counters_.errors += errno == EAGAIN || errno == EINTR ? 0 : 1;
    return 0;
  }
  const auto received = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < received; ++i) {
    deliver(listener, i, sink);
  }
  buffers_->reset(received);
  return received;
}

void Receiver::deliver(Listener& listener, std::size_t i, const Sink& sink) {
  const mmsghdr& message = buffers_->headers[i];
  net::ReceivedPacket packet;
  packet.interface = listener.socket.interface;
  packet.family = listener.socket.family;
  packet.truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  packet.bytes = std::span((*buffers_->packets)[i]).first(message.msg_len);
  if (packet.family == net::Family::kIpv6) {
    packet.source = to_address(buffers_->sources[i].sin6_addr);
  }
  msghdr header = message.msg_hdr;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      packet.destination = to_address(read_control<in6_pktinfo>(*control).ipi6_addr);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_HOPLIMIT) {
      packet.hop_limit = static_cast<std::uint8_t>(read_control<int>(*control));
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      const auto overflows = read_control<std::uint32_t>(*control);
      counters_.overflows += overflows - std::exchange(listener.overflows, overflows);
    }
  }
  ++counters_.packets;
  counters_.truncated += packet.truncated ? 1 : 0;
  sink(packet);
}

}  // namespace keelvip::wire
