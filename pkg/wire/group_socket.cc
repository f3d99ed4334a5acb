#include "pkg/wire/group_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace keelvip::wire {

namespace {

constexpr int kVrrpProtocol = 112;

// A thousand routers may send at the same moment while the speaker thread is elsewhere; the kernel
// charges up to some 2.5 kB for each packet.
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

base::Error socket_error(std::string_view what, int number) {
  std::string message = fmt::format("{}: {}", what, base::describe_errno(number));
  if (number == EPERM || number == EACCES) {
    return base::report_error(message + "; it needs the capability CAP_NET_RAW");
  }
  return base::retry_error(std::move(message));
}

template <typename Value>
base::Result<void> set_option(int fd, int level, int option, const Value& value,
                              std::string_view what) {
  if (::setsockopt(fd, level, option, &value, sizeof(value)) != 0) {
    return base::unexpected(socket_error(what, errno));
  }
  return {};
}

base::Result<void> set_options(int fd, net::Family family) {
  const int on = 1;
  const int off = 0;
  struct Option {
    int level;
    int number;
    int value;
    std::string_view what;
  };
  // MULTICAST_ALL off: otherwise groups that other programs joined arrive here too.
  const Option ipv4[] = {{IPPROTO_IP, IP_MULTICAST_ALL, off, "IP_MULTICAST_ALL"},
                         {IPPROTO_IP, IP_MULTICAST_LOOP, off, "IP_MULTICAST_LOOP"}};
  // IPV6_CHECKSUM stays off: with it the kernel drops bad checksums unseen, and they could not be
  // counted. The Speaker verifies.
  const Option ipv6[] = {{IPPROTO_IPV6, IPV6_MULTICAST_ALL, off, "IPV6_MULTICAST_ALL"},
                         {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off, "IPV6_MULTICAST_LOOP"},
                         {IPPROTO_IPV6, IPV6_RECVPKTINFO, on, "IPV6_RECVPKTINFO"},
                         {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on, "IPV6_RECVHOPLIMIT"}};
  const std::span<const Option> options =
      family == net::Family::kIpv4 ? std::span<const Option>(ipv4) : std::span<const Option>(ipv6);
  for (const Option& option : options) {
    if (auto set = set_option(fd, option.level, option.number, option.value, option.what); !set) {
      return set;
    }
  }
  return set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, on, "SO_RXQ_OVFL");
}

void set_receive_buffer(int fd) {
  const int size = kReceiveBuffer;
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0) {
    // Without CAP_NET_ADMIN everybody's limit applies; overflows are counted.
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  }
}

void discard_queued(int fd) {
  std::byte byte{};
  while (::recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0) {
  }
}

constexpr std::uint32_t kIpv4Group = 0xe0000012;  // 224.0.0.18
constexpr const char* kIpv6GroupDigits = "ff020000000000000000000000000012";
constexpr in6_addr kIpv6Group = {{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12}}};

enum class Membership : bool { kAdd, kDrop };

int set_membership(Membership membership, int fd, net::Family family,
                   net::InterfaceIndex interface) {
  const bool add = membership == Membership::kAdd;
  if (family == net::Family::kIpv4) {
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(kIpv4Group);
    request.imr_ifindex = static_cast<int>(interface.value);
    const int option = add ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return ::setsockopt(fd, IPPROTO_IP, option, &request, sizeof(request));
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = kIpv6Group;
  request.ipv6mr_interface = interface.value;
  const int option = add ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP;
  return ::setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof(request));
}

}  // namespace

base::Result<runtime::UniqueFd> open_group_socket(net::Family family,
                                                  net::InterfaceIndex interface) {
  const int domain = family == net::Family::kIpv4 ? AF_INET : AF_INET6;
  runtime::UniqueFd fd(::socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, kVrrpProtocol));
  if (!fd) {
    return base::unexpected(socket_error("open a raw socket", errno));
  }
  // By index, not by name: the socket survives a rename and never follows a name to another device.
  const int index = static_cast<int>(interface.value);
  if (auto bound = set_option(fd.get(), SOL_SOCKET, SO_BINDTOIFINDEX, index, "bind to interface");
      !bound) {
    return base::unexpected(bound.error());
  }
  if (auto set = set_options(fd.get(), family); !set) {
    return base::unexpected(set.error());
  }
  set_receive_buffer(fd.get());
  // What arrived between socket() and now may be from any interface.
  discard_queued(fd.get());
  return fd;
}

base::Result<void> join_group(int fd, net::Family family, net::InterfaceIndex interface) {
  if (set_membership(Membership::kAdd, fd, family, interface) != 0) {
    return base::unexpected(socket_error("join the VRRP multicast group", errno));
  }
  return {};
}

bool is_joined(net::Family family, net::InterfaceIndex interface) {
  const bool v4 = family == net::Family::kIpv4;
  const std::string group = v4 ? fmt::format("{:08X}", htonl(kIpv4Group)) : kIpv6GroupDigits;
  std::ifstream table(v4 ? "/proc/thread-self/net/igmp" : "/proc/thread-self/net/igmp6");
  std::uint32_t index = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string word;
    // For IPv4 a line names the interface, the next ones, which begin with a tab, its groups.
    if (!line.starts_with('\t')) {
      words >> index;
      words.clear();
      words >> word;
    }
    if (index == interface.value && words >> word && word == group) {
      return true;
    }
  }
  return false;
}

void leave_group(int fd, net::Family family, net::InterfaceIndex interface) {
  set_membership(Membership::kDrop, fd, family, interface);
}

}  // namespace keelvip::wire
