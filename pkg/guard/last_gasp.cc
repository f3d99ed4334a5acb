#include "pkg/guard/last_gasp.h"

#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace keelvip::guard {

namespace {

// Frames or addresses in one system call.
constexpr std::size_t kBatch = 64;

// An rtattr and the longest address.
constexpr std::size_t kAttribute = RTA_LENGTH(16);
constexpr std::size_t kRequest = NLMSG_SPACE(sizeof(ifaddrmsg)) + 2 * kAttribute;

// Room for some thousand frames that a device has not sent yet.
constexpr int kSendBuffer = 4 * 1024 * 1024;

std::size_t size_of(std::uint8_t family) {
  return family == AF_INET ? 4 : 16;
}

std::size_t put_attribute(std::span<std::byte> out, std::uint16_t type, const Removal& removal) {
  const std::size_t size = size_of(removal.family);
  rtattr header{};
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
  header.rta_type = type;
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.subspan(RTA_LENGTH(0)).data(), removal.address.data(), size);
  return RTA_LENGTH(size);
}

/// Writes the request and returns its length. Without NLM_F_ACK the kernel answers refusals only.
std::size_t put_request(std::span<std::byte> out, const Removal& removal) {
  ifaddrmsg body{};
  body.ifa_family = removal.family;
  body.ifa_prefixlen = removal.prefix_length;
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  body.ifa_index = removal.interface;
  std::size_t size = NLMSG_SPACE(sizeof body);
  // Both, because with IFA_LOCAL alone an address with another prefix length would go.
  size += put_attribute(out.subspan(size), IFA_LOCAL, removal);
  size += put_attribute(out.subspan(size), IFA_ADDRESS, removal);
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(size);
  header.nlmsg_type = RTM_DELADDR;
  header.nlmsg_flags = NLM_F_REQUEST;
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.subspan(NLMSG_HDRLEN).data(), &body, sizeof body);
  return size;
}

/// The address went before us, alone or with its interface.
bool gone(int error) {
  return error == EADDRNOTAVAIL || error == ENODEV;
}

}  // namespace

struct LastGasp::Messages {
  std::array<sockaddr_ll, kBatch> addresses;
  std::array<iovec, kBatch> vectors;
  std::array<mmsghdr, kBatch> headers;
  std::array<std::byte, kBatch * kRequest> requests;
  std::array<std::byte, 8192> answers;
};

LastGasp::LastGasp() : messages_(std::make_unique<Messages>()) {}
LastGasp::LastGasp(LastGasp&&) noexcept = default;
LastGasp& LastGasp::operator=(LastGasp&&) noexcept = default;
LastGasp::~LastGasp() = default;

LastGasp LastGasp::open() {
  LastGasp gasp;
  // As the worker's sender does: protocol 0 receives nothing, control traffic overtakes the rest.
  gasp.packets_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!gasp.packets_) {
    gasp.problem_ = "no socket for last words: " + base::describe_errno(errno);
  }
  const int priority = TC_PRIO_CONTROL;
  ::setsockopt(gasp.packets_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer);
  ::setsockopt(gasp.packets_.get(), SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);

  gasp.netlink_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!gasp.netlink_) {
    gasp.problem_ = "no socket to remove addresses with: " + base::describe_errno(errno);
  }
  const int brief = 1;  // refusals without the request
  ::setsockopt(gasp.netlink_.get(), SOL_NETLINK, NETLINK_CAP_ACK, &brief, sizeof brief);
  return gasp;
}

void LastGasp::close() {
  packets_.reset();
  netlink_.reset();
}

void LastGasp::say_last_words(const Testament& testament, Deeds& deeds) {
  Messages& m = *messages_;
  for (std::size_t next = 0; packets_ && next < testament.words();) {
    const std::size_t count = std::min(kBatch, testament.words() - next);
    for (std::size_t i = 0; i < count; ++i, ++next) {
      const auto [interface, bytes] = testament.word(next);
      m.addresses.at(i) = {};
      m.addresses.at(i).sll_family = AF_PACKET;
      m.addresses.at(i).sll_ifindex = static_cast<int>(interface.value);
      // The Ethernet type, for traffic control and VLAN devices.
      std::memcpy(&m.addresses.at(i).sll_protocol, bytes.subspan(12, 2).data(), 2);
      m.vectors.at(i) = {const_cast<std::byte*>(bytes.data()), bytes.size()};
      m.headers.at(i) = {};
      m.headers.at(i).msg_hdr.msg_name = &m.addresses.at(i);
      m.headers.at(i).msg_hdr.msg_namelen = sizeof(sockaddr_ll);
      m.headers.at(i).msg_hdr.msg_iov = &m.vectors.at(i);
      m.headers.at(i).msg_hdr.msg_iovlen = 1;
    }
    send_words(count, deeds);
  }
}

void LastGasp::send_words(std::size_t count, Deeds& deeds) {
  for (std::size_t next = 0; next < count;) {
    const int sent = ::sendmmsg(packets_.get(), &messages_->headers.at(next),
                                static_cast<unsigned>(count - next), MSG_DONTWAIT);
    if (sent > 0) {
      next += static_cast<std::size_t>(sent);
      deeds.resigned += static_cast<std::uint32_t>(sent);
    } else if (errno != EINTR) {
      ++next;  // one that fails does not stop the others
      ++deeds.unsent;
    }
  }
}

void LastGasp::remove_addresses(const Testament& testament, Deeds& deeds) {
  std::span<const Removal> removals = testament.removals();
  while (netlink_ && !removals.empty()) {
    const std::size_t count = std::min(kBatch, removals.size());
    std::size_t size = 0;
    for (const Removal& removal : removals.first(count)) {
      size += put_request(std::span(messages_->requests).subspan(size), removal);
    }
    removals = removals.subspan(count);
    // The kernel does all of it before this returns.
    const ssize_t sent = ::send(netlink_.get(), messages_->requests.data(), size, 0);
    const auto refused = sent < 0 ? static_cast<std::uint32_t>(count) : take_refusals();
    deeds.unremoved += refused;
    deeds.removed += static_cast<std::uint32_t>(count) - refused;
  }
}

std::uint32_t LastGasp::take_refusals() {
  std::uint32_t refused = 0;
  for (;;) {
    auto& answers = messages_->answers;
    const ssize_t size = ::recv(netlink_.get(), answers.data(), answers.size(), MSG_DONTWAIT);
    if (size <= 0) {
      return refused;
    }
    std::span<const std::byte> rest(answers.data(), static_cast<std::size_t>(size));
    while (rest.size() >= NLMSG_LENGTH(sizeof(nlmsgerr))) {
      nlmsghdr header{};
      nlmsgerr error{};
      std::memcpy(&header, rest.data(), sizeof header);
      std::memcpy(&error, rest.subspan(NLMSG_HDRLEN).data(), sizeof error);
      refused += header.nlmsg_type == NLMSG_ERROR && !gone(-error.error) ? 1U : 0U;
      const std::size_t step = NLMSG_ALIGN(header.nlmsg_len);
      rest = rest.subspan(std::clamp<std::size_t>(step, NLMSG_HDRLEN, rest.size()));
    }
  }
}

}  // namespace keelvip::guard
