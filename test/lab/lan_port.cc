#include "lan_port.h"

#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace keelvip::lab {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kSnapLength = 320;  // enough for 64 IPv4 addresses in an advert
constexpr int kReceiveBuffer = 16 << 20;

template <typename T>
void set_option(int socket, int level, int option, const T& value, const char* what) {
  if (setsockopt(socket, level, option, &value, sizeof value) != 0) {
    die(what);
  }
}

Descriptor packet_socket(unsigned index, int ether_type) {
  const std::uint16_t protocol = htons(static_cast<std::uint16_t>(ether_type));
  Descriptor opened(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (opened.number() < 0) {
    die("packet socket");
  }
  set_option(opened.number(), SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer, "SO_RCVBUFFORCE");
  set_option(opened.number(), SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = protocol;
  address.sll_ifindex = static_cast<int>(index);
  if (bind(opened.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("bind packet socket");
  }
  return opened;
}

Address to_address(const sockaddr& from) {
  Address address;
  address.v6 = from.sa_family == AF_INET6;
  const std::size_t offset =
      address.v6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr);
  std::memcpy(address.bytes.data(), reinterpret_cast<const char*>(&from) + offset, address.size());
  return address;
}

Time time_stamp(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
      return Time{stamp.tv_sec} * 1'000'000'000 + stamp.tv_nsec;
    }
  }
  return time_of_day();
}

/// Hands all messages to the kernel. A frame that cannot leave (no route, no carrier, full queue)
/// is a lost packet, which is what the probe is there to count.
void send_all(int socket, std::span<mmsghdr> messages) {
  while (!messages.empty()) {
    const int sent = sendmmsg(socket, messages.data(), static_cast<unsigned>(messages.size()), 0);
    messages = messages.subspan(static_cast<std::size_t>(std::max(sent, 1)));
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) {
    close(number_);
  }
}

void die(const std::string& what) {
  std::fprintf(stderr, "lan_probe: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(3);
}

Time time_of_day() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Time{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Port::Port(const std::string& name) : index_(if_nametoindex(name.c_str())) {
  if (index_ == 0) {
    die("interface " + name);
  }
  read_addresses(name);
  // Bound to a protocol each: a socket for all protocols would also see what we send.
  for (const int protocol : {ETH_P_ARP, ETH_P_IP, ETH_P_IPV6}) {
    sockets_.push_back(packet_socket(index_, protocol));
  }
}

void Port::read_addresses(const std::string& name) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) {
    die("getifaddrs");
  }
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_name != name || one->ifa_addr == nullptr) {
      continue;
    }
    if (one->ifa_addr->sa_family == AF_PACKET) {
      const auto* link = reinterpret_cast<const sockaddr_ll*>(one->ifa_addr);
      std::copy_n(link->sll_addr, origin_.mac.bytes.size(), origin_.mac.bytes.begin());
    } else if (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6) {
      const Address address = to_address(*one->ifa_addr);
      networks_.push_back({address, to_address(*one->ifa_netmask)});
      (address.v6 ? origin_.v6 : origin_.v4) = address;
    }
  }
  freeifaddrs(all);
}

bool Port::reaches(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    bool inside = network.address.v6 == address.v6;
    for (std::size_t i = 0; i < address.size(); ++i) {
      inside =
          inside && ((network.address.bytes[i] ^ address.bytes[i]) & network.mask.bytes[i]) == 0;
    }
    return inside;
  });
}

void Port::read(int socket, const std::function<void(ByteView, Time)>& seen) const {
  static std::array<std::array<std::uint8_t, kSnapLength>, kBatch> buffers;
  static std::array<std::array<char, 64>, kBatch> controls;
  std::array<iovec, kBatch> pieces{};
  std::array<mmsghdr, kBatch> messages{};
  int received = 0;
  do {
    for (std::size_t i = 0; i < kBatch; ++i) {
      pieces[i] = {buffers[i].data(), buffers[i].size()};
      messages[i].msg_hdr = {nullptr, 0, &pieces[i], 1, controls[i].data(), controls[i].size(), 0};
    }
    received = recvmmsg(socket, messages.data(), kBatch, 0, nullptr);
    for (int i = 0; i < received; ++i) {
      mmsghdr& message = messages[static_cast<std::size_t>(i)];
      const ByteView frame(buffers[static_cast<std::size_t>(i)]);
      seen(frame.first(message.msg_len), time_stamp(message.msg_hdr));
    }
  } while (received == static_cast<int>(kBatch));
}

void Port::send(const std::vector<Bytes>& frames) const {
  std::vector<iovec> pieces(frames.size());
  std::vector<mmsghdr> messages(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    pieces[i] = {const_cast<std::uint8_t*>(frames[i].data()), frames[i].size()};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  send_all(sockets_.front().number(), messages);
}

unsigned Port::dropped() const {
  unsigned total = 0;
  for (const Descriptor& socket : sockets_) {
    tpacket_stats counts{};
    socklen_t size = sizeof counts;
    if (getsockopt(socket.number(), SOL_PACKET, PACKET_STATISTICS, &counts, &size) == 0) {
      total += counts.tp_drops;
    }
  }
  return total;
}

EchoSocket::EchoSocket(bool v6)
    : v6_(v6),
      socket_(::socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                       v6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP))) {
  if (socket_.number() < 0) {
    die("raw ICMP socket");
  }
  // The answers are read from the packet sockets, which see the MAC too: keep them out of here.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  set_option(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER");
}

void EchoSocket::send(const std::vector<std::pair<Address, Bytes>>& echoes) const {
  std::vector<sockaddr_in6> targets(echoes.size());
  std::vector<iovec> pieces(echoes.size());
  std::vector<mmsghdr> messages(echoes.size());
  for (std::size_t i = 0; i < echoes.size(); ++i) {
    const auto& [address, echo] = echoes[i];
    void* at = v6_ ? static_cast<void*>(&targets[i].sin6_addr)
                   : static_cast<void*>(&reinterpret_cast<sockaddr_in&>(targets[i]).sin_addr);
    targets[i].sin6_family = v6_ ? AF_INET6 : AF_INET;
    std::memcpy(at, address.bytes.data(), address.size());
    pieces[i] = {const_cast<std::uint8_t*>(echo.data()), echo.size()};
    messages[i].msg_hdr.msg_name = &targets[i];
    messages[i].msg_hdr.msg_namelen = v6_ ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  send_all(socket_.number(), messages);
}

}  // namespace keelvip::lab
