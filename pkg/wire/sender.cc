#include "pkg/wire/sender.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace keelvip::wire {

namespace {

// Room for some thousand frames that a device has not sent yet.
constexpr int kSendBuffer = 4 * 1024 * 1024;

// Two MAC addresses come before the Ethernet type.
constexpr std::size_t kEtherTypeOffset = 12;

std::uint16_t ether_type(std::span<const std::byte> frame) {
  std::uint16_t type = 0;
  if (frame.size() >= kEtherTypeOffset + sizeof(type)) {
    std::memcpy(&type, frame.data() + kEtherTypeOffset, sizeof(type));
  }
  return type;
}

}  // namespace

// One entry per frame; grows with the largest batch and never shrinks.
struct Sender::Messages {
  std::vector<sockaddr_ll> addresses;
  std::vector<iovec> vectors;
  std::vector<mmsghdr> headers;
  std::vector<int> results;

  void fill(const net::FrameBatch& frames) {
    if (frames.size() > headers.size()) {
      addresses.resize(frames.size());
      vectors.resize(frames.size());
      headers.resize(frames.size());
    }
    results.assign(frames.size(), 0);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto [interface, bytes] = frames[i];
      addresses[i] = {};
      addresses[i].sll_family = AF_PACKET;
      addresses[i].sll_ifindex = static_cast<int>(interface.value);
      // For traffic control and VLAN devices; older kernels do not look it up in the frame.
      addresses[i].sll_protocol = ether_type(bytes);
      vectors[i] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
      msghdr& header = headers[i].msg_hdr;
      header = {};
      header.msg_name = &addresses[i];
      header.msg_namelen = sizeof(addresses[i]);
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
    }
  }
};

Sender::Sender(runtime::UniqueFd fd)
    : fd_(std::move(fd)), messages_(std::make_unique<Messages>()) {}
Sender::Sender(Sender&&) noexcept = default;
Sender& Sender::operator=(Sender&&) noexcept = default;
Sender::~Sender() = default;

base::Result<Sender> Sender::open() {
  // Protocol 0: it receives nothing. Never bound to an interface either: a bound packet socket
  // reports that its interface went down once more on the next frame, whichever that is.
  // PACKET_QDISC_BYPASS would save some 5 % of a frame's 1.3 us, but loses what the device cannot
  // take at once and hides the frames from tcpdump and tc.
  runtime::UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    const int number = errno;
    const std::string message =
        fmt::format("open a packet socket: {}", base::describe_errno(number));
    if (number == EPERM || number == EACCES) {
      return base::unexpected(
          base::report_error(message + "; it needs the capability CAP_NET_RAW"));
    }
    return base::unexpected(base::retry_error(message));
  }
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof(kSendBuffer));
  // Adverts overtake what waits in the interface's queue. Needs CAP_NET_ADMIN; helpful only.
  const int priority = TC_PRIO_CONTROL;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
  return Sender(std::move(fd));
}

std::span<const int> Sender::send(const net::FrameBatch& frames) {
  messages_->fill(frames);
  for (std::size_t next = 0; next < frames.size();) {
    const auto rest = static_cast<unsigned>(frames.size() - next);
    const int sent = ::sendmmsg(fd_.get(), &messages_->headers[next], rest, MSG_DONTWAIT);
    if (sent > 0) {
      next += static_cast<std::size_t>(sent);
      counters_.sent += static_cast<std::uint64_t>(sent);
      continue;
    }
    const int error = errno;
    if (error == EINTR) {
      continue;
    }
    messages_->results[next++] = error;
    count(error);
  }
  return messages_->results;
}

void Sender::count(int error) {
  switch (error) {
    case ENETDOWN:
      ++counters_.link_down;
      break;
    case ENXIO:
    case ENODEV:
      ++counters_.no_device;
      break;
    case ENOBUFS:
    case EAGAIN:
      ++counters_.no_buffers;
      break;
    case EMSGSIZE:
      ++counters_.too_large;
      break;
    default:
      ++counters_.other;
      break;
  }
}

}  // namespace keelvip::wire
