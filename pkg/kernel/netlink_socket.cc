#include "pkg/kernel/netlink_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/format.h>

namespace keelvip::kernel {

namespace {

// The kernel fills dump datagrams up to 32 KiB when the reader has room for it.
constexpr std::size_t kDatagramSize = 32768;
constexpr std::size_t kDatagrams = 64;
constexpr time_t kReplyTimeoutSeconds = 5;

base::Error socket_error(std::string_view what) {
  return base::report_error(fmt::format("{}: {}", what, base::describe_errno(errno)));
}

void set_receive_buffer(int fd, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0) {
    // Without CAP_NET_ADMIN (`keelvip plan` as an ordinary user) the limit of everybody applies.
    // A smaller buffer costs a full reading more often, nothing else.
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
}

base::Result<void> set_option(int fd, int option, std::string_view name) {
  const int on = 1;
  if (setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) != 0) {
    return base::unexpected(socket_error(name));
  }
  return {};
}

}  // namespace

// One datagram holds one or more messages, each aligned.
void visit_messages(std::span<const std::byte> datagram,
                    const std::function<void(const Message&)>& visit) {
  while (datagram.size() >= NLMSG_HDRLEN) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > datagram.size()) {
      return;
    }
    visit({header->nlmsg_type, header->nlmsg_flags, header->nlmsg_seq,
           datagram.first(header->nlmsg_len)});
    datagram =
        datagram.subspan(std::min(datagram.size(), std::size_t{NLMSG_ALIGN(header->nlmsg_len)}));
  }
}

struct NetlinkSocket::Buffers {
  // Not initialised, so that pages that no message ever reaches cost no memory.
  std::unique_ptr<std::byte[]> bytes =
      std::make_unique_for_overwrite<std::byte[]>(kDatagrams * kDatagramSize);
  std::array<iovec, kDatagrams> vectors{};
  std::array<sockaddr_nl, kDatagrams> senders{};
  std::array<mmsghdr, kDatagrams> headers{};

  void prepare() {
    for (std::size_t i = 0; i < kDatagrams; ++i) {
      vectors[i] = {bytes.get() + i * kDatagramSize, kDatagramSize};
      msghdr& header = headers[i].msg_hdr;
      header = {};
      header.msg_name = &senders[i];
      header.msg_namelen = sizeof(senders[i]);
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
    }
  }
};

NetlinkSocket::NetlinkSocket(runtime::UniqueFd fd)
    : fd_(std::move(fd)), buffers_(std::make_unique<Buffers>()) {}
NetlinkSocket::NetlinkSocket(NetlinkSocket&&) noexcept = default;
NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&&) noexcept = default;
NetlinkSocket::~NetlinkSocket() = default;

base::Result<NetlinkSocket> NetlinkSocket::open(int receive_buffer) {
  runtime::UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) {
    return base::unexpected(socket_error("open a netlink socket"));
  }
  // An unbound socket has port 0, the kernel's own, and is passed over by notifications.
  sockaddr_nl any{};
  any.nl_family = AF_NETLINK;
  const void* address = &any;
  if (::bind(fd.get(), static_cast<const sockaddr*>(address), sizeof(any)) != 0) {
    return base::unexpected(socket_error("bind a netlink socket"));
  }
  set_receive_buffer(fd.get(), receive_buffer);
  const timeval timeout{kReplyTimeoutSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  for (const auto& [option, name] : {std::pair(NETLINK_EXT_ACK, "NETLINK_EXT_ACK"),
                                     std::pair(NETLINK_CAP_ACK, "NETLINK_CAP_ACK"),
                                     std::pair(NETLINK_GET_STRICT_CHK, "NETLINK_GET_STRICT_CHK")}) {
    if (auto set = set_option(fd.get(), option, name); !set) {
      return base::unexpected(set.error());
    }
  }
  return NetlinkSocket(std::move(fd));
}

base::Result<void> NetlinkSocket::subscribe(int group) {
  if (setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0) {
    return base::unexpected(socket_error("subscribe to netlink notifications"));
  }
  return {};
}

base::Result<void> NetlinkSocket::send(std::span<const std::byte> requests) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const void* address = &kernel;
  while (true) {
    const ssize_t sent = ::sendto(fd_.get(), requests.data(), requests.size(), 0,
                                  static_cast<const sockaddr*>(address), sizeof(kernel));
    if (sent >= 0) {
      return {};
    }
    if (errno != EINTR) {
      return base::unexpected(
          base::retry_error(fmt::format("send to the kernel: {}", base::describe_errno(errno))));
    }
  }
}

base::Result<NetlinkSocket::Received> NetlinkSocket::receive(
    Blocking blocking, const std::function<void(const Message&)>& visit) {
  buffers_->prepare();
  const int flags = blocking == Blocking::kYes ? MSG_WAITFORONE : MSG_DONTWAIT;
  int count = 0;
  do {
    count = ::recvmmsg(fd_.get(), buffers_->headers.data(), kDatagrams, flags, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    switch (errno) {
      case EAGAIN:
        return Received{};
      case ENOBUFS:
        return Received{.datagrams = 1, .overrun = true};
      default:
        return base::unexpected(socket_error("receive from the kernel"));
    }
  }
  Received received{.datagrams = static_cast<std::size_t>(count)};
  for (std::size_t i = 0; i < received.datagrams; ++i) {
    const mmsghdr& header = buffers_->headers[i];
    if (buffers_->senders[i].nl_pid != 0) {
      continue;
    }
    received.overrun = received.overrun || (header.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    visit_messages({buffers_->bytes.get() + i * kDatagramSize, header.msg_len}, visit);
  }
  return received;
}

}  // namespace keelvip::kernel
