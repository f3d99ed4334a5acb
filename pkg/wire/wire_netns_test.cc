// Receiver and Sender against real interfaces: nodes in network namespaces, joined by cables.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "pkg/net/checksum.h"
#include "pkg/net/mac_address.h"
#include "pkg/runtime/unique_fd.h"
#include "pkg/wire/listeners.h"
#include "pkg/wire/receiver.h"
#include "pkg/wire/sender.h"
#include "test/namespaces/network_namespace.h"

namespace keelvip::wire {
namespace {

constexpr auto kPatienceMilliseconds = 60'000;
constexpr net::MacAddress kSenderMac{{2, 0, 0, 0, 0, 1}};

// A packet as the Speaker would be handed it, with bytes that outlive the call.
struct Heard {
  net::InterfaceIndex interface;
  net::Family family;
  bool truncated;
  std::string source;
  std::string destination;
  int hop_limit;
  std::vector<std::byte> bytes;
};

class Node {
 public:
  Node() = default;

  void start() {
    network.inside([this] {
      receiver.emplace(Receiver::open().value());
      sender.emplace(Sender::open().value());
    });
  }

  [[nodiscard]] net::InterfaceIndex index(const std::string& name) const {
    unsigned number = 0;
    network.inside([&] { number = ::if_nametoindex(name.c_str()); });
    REQUIRE(number != 0);
    return {number};
  }

  std::vector<ListenFailure> listen(const std::vector<ListenTarget>& targets) {
    network.inside([&] { listeners.listen(targets); });
    REQUIRE(receiver->use(listeners.hearing().sockets).empty());
    listeners.close_left_out(listeners.hearing().revision);
    return listeners.hearing().failures;
  }

  [[nodiscard]] bool readable(int milliseconds) const {
    pollfd waiting{receiver->fd(), POLLIN, 0};
    return ::poll(&waiting, 1, milliseconds) == 1;
  }

  // Waits for `count` packets and takes them.
  std::vector<Heard> hear(std::size_t count) {
    std::vector<Heard> heard;
    while (heard.size() < count && readable(kPatienceMilliseconds)) {
      receiver->receive(count - heard.size(), [&heard](const net::ReceivedPacket& packet) {
        heard.push_back({packet.interface,
                         packet.family,
                         packet.truncated,
                         packet.source.to_string(),
                         packet.destination.to_string(),
                         packet.hop_limit,
                         {packet.bytes.begin(), packet.bytes.end()}});
      });
    }
    return heard;
  }

  test::NetworkNamespace network;
  Listeners listeners;
  std::optional<Receiver> receiver;
  std::optional<Sender> sender;
};

// Two nodes, "eth0" to "eth0".
struct Lan {
  Lan() {
    test::connect(left.network, "eth0", right.network, "eth0");
    left.start();
    right.start();
    out = left.index("eth0");
    in = right.index("eth0");
  }

  Node left;
  Node right;
  net::InterfaceIndex out;  // of the left node
  net::InterfaceIndex in;   // of the right node
};

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) {
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

void append(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> ethernet(std::initializer_list<int> destination, int type) {
  std::vector<std::byte> frame = bytes_of(destination);
  append(frame, std::as_bytes(std::span(kSenderMac.bytes)));
  append(frame, bytes_of({type >> 8, type & 0xff}));
  return frame;
}

// From 192.0.2.1 to `last` of 224.0.0.0/24, TTL 255.
std::vector<std::byte> ipv4_frame(std::span<const std::byte> payload, int last = 18) {
  const int size = 20 + static_cast<int>(payload.size());
  std::vector<std::byte> header =
      bytes_of({0x45, 0xc0, size >> 8, size & 0xff, 0, 0, 0,   0, 255, 112,
                0,    0,    192,       0,           2, 1, 224, 0, 0,   last});
  net::ChecksumSum sum;
  sum.add(header);
  const int checksum = sum.finish();
  header[10] = static_cast<std::byte>(checksum >> 8);
  header[11] = static_cast<std::byte>(checksum & 0xff);
  std::vector<std::byte> frame = ethernet({1, 0, 0x5e, 0, 0, last}, 0x0800);
  append(frame, header);
  append(frame, payload);
  return frame;
}

// From fe80::1 to ff02::12, hop limit 255.
std::vector<std::byte> ipv6_frame(std::span<const std::byte> payload) {
  const int size = static_cast<int>(payload.size());
  std::vector<std::byte> frame = ethernet({0x33, 0x33, 0, 0, 0, 0x12}, 0x86dd);
  append(frame, bytes_of({0x60, 0, 0, 0, size >> 8, size & 0xff, 112, 255}));
  append(frame, bytes_of({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  append(frame, bytes_of({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12}));
  append(frame, payload);
  return frame;
}

std::vector<std::byte> advert(int vrid) {
  return bytes_of({0x31, vrid, 100, 1, 0, 100, 0, 0, 192, 0, 2, 100});
}

net::FrameBatch batch_of(net::InterfaceIndex interface, const std::vector<std::byte>& frame,
                         std::size_t count = 1) {
  net::FrameBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.append(interface, frame);
  }
  return batch;
}

// A program of somebody else that listens to 224.0.0.5.
runtime::UniqueFd join_another_group(const Node& node, net::InterfaceIndex interface) {
  runtime::UniqueFd fd;
  node.network.inside([&] { fd.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); });
  ip_mreqn request{};
  request.imr_multiaddr.s_addr = htonl(0xe0000005);
  request.imr_ifindex = static_cast<int>(interface.value);
  REQUIRE(::setsockopt(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0);
  return fd;
}

bool all_sent(std::span<const int> results) {
  return std::ranges::all_of(results, [](int error) { return error == 0; });
}

}  // namespace

TEST_CASE("an IPv4 advert arrives from its IP header on, though the interface has no address") {
  Lan lan;
  CHECK(lan.right.listen({{lan.in, net::Family::kIpv4}}).empty());
  const auto payload = advert(51);
  const auto frame = ipv4_frame(payload);
  CHECK(all_sent(lan.left.sender->send(batch_of(lan.out, frame))));

  const auto heard = lan.right.hear(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].interface == lan.in);
  CHECK(heard[0].family == net::Family::kIpv4);
  CHECK_FALSE(heard[0].truncated);
  CHECK(heard[0].bytes == std::vector(frame.begin() + 14, frame.end()));
  CHECK(lan.right.receiver->counters() == ReceiveCounters{.packets = 1});
}

TEST_CASE("an IPv6 advert arrives with its addresses and hop limit") {
  Lan lan;
  CHECK(lan.right.listen({{lan.in, net::Family::kIpv6}}).empty());
  const auto payload = advert(51);
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(payload)));

  const auto heard = lan.right.hear(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].family == net::Family::kIpv6);
  CHECK(heard[0].source == "fe80::1");
  CHECK(heard[0].destination == "ff02::12");
  CHECK(heard[0].hop_limit == 255);
  CHECK(heard[0].bytes == payload);
}

TEST_CASE("a node does not hear itself, nor groups that others joined") {
  Lan lan;
  lan.left.listen({{lan.out, net::Family::kIpv4}, {lan.out, net::Family::kIpv6}});
  lan.right.listen({{lan.in, net::Family::kIpv4}, {lan.in, net::Family::kIpv6}});
  const runtime::UniqueFd other = join_another_group(lan.right, lan.in);

  net::FrameBatch batch;
  batch.append(lan.out, ipv4_frame(advert(1), 5));
  batch.append(lan.out, ipv4_frame(advert(2)));
  batch.append(lan.out, ipv6_frame(advert(3)));
  lan.left.sender->send(batch);

  CHECK(lan.right.hear(2).size() == 2);
  CHECK_FALSE(lan.right.readable(0));
  CHECK_FALSE(lan.left.readable(0));
}

TEST_CASE("sockets follow the wanted set and keep what they have queued") {
  Lan lan;
  const ListenTarget ipv4{lan.in, net::Family::kIpv4};
  const ListenTarget ipv6{lan.in, net::Family::kIpv6};
  lan.right.listen({ipv4});
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))));
  REQUIRE(lan.right.readable(kPatienceMilliseconds));

  CHECK(lan.right.listen({ipv6, ipv4}).empty());
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(2))));
  CHECK(lan.right.hear(2).size() == 2);

  CHECK(lan.right.listen({ipv6}).empty());
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(3))));
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(4))));
  const auto heard = lan.right.hear(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].family == net::Family::kIpv6);
  CHECK_FALSE(lan.right.readable(0));
}

TEST_CASE("what is left out stays open until its reader has the newer hearing") {
  Lan lan;
  Node& node = lan.right;
  node.listen({{lan.in, net::Family::kIpv4}});
  const int fd = node.listeners.hearing().sockets.at(0).fd;
  const std::uint64_t revision = node.listeners.hearing().revision;

  node.network.inside([&] {
    CHECK(node.listeners.listen({}));
    CHECK_FALSE(node.listeners.listen({}));
  });
  CHECK(node.listeners.hearing().revision == revision + 1);
  node.listeners.close_left_out(revision);
  CHECK(::fcntl(fd, F_GETFD) >= 0);
  REQUIRE(node.receiver->use({}).empty());
  node.listeners.close_left_out(revision + 1);
  CHECK(::fcntl(fd, F_GETFD) < 0);
}

TEST_CASE("a link that was away is heard again by the same socket once its group is joined anew") {
  Lan lan;
  const test::NetworkNamespace elsewhere;
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    const bool v4 = family == net::Family::kIpv4;
    const auto frame = v4 ? ipv4_frame(advert(1)) : ipv6_frame(advert(1));
    Node& node = lan.right;
    node.listen({{lan.in, family, 1}});
    const Hearing before = node.listeners.hearing();
    node.network.ip("link set eth0 netns " + elsewhere.path());
    elsewhere.ip("link set eth0 netns " + node.network.path());
    node.network.ip("link set eth0 up");
    test::await_ipv6(node.network, "eth0");
    REQUIRE(node.index("eth0") == lan.in);

    CHECK(node.listen({{lan.in, family, 2}}).empty());
    CHECK(node.listeners.hearing().sockets == before.sockets);
    lan.left.sender->send(batch_of(lan.out, frame));
    CHECK(node.hear(1).size() == 1);
  }
}

TEST_CASE("an absent interface fails alone and is heard once it is there") {
  Lan lan;
  const net::InterfaceIndex later{77};
  const std::vector<ListenTarget> targets{{later, net::Family::kIpv4},
                                          {lan.in, net::Family::kIpv4}};
  const auto failures = lan.right.listen(targets);
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].target.interface == later);
  CHECK(failures[0].error.code == base::ErrorCode::kRetry);
  CHECK(failures[0].error.message.find("No such device (ENODEV)") != std::string::npos);

  lan.right.network.ip("link add dev eth7 index 77 type veth peer name peer7");
  lan.right.network.ip("link set eth7 up");
  CHECK(lan.right.listen(targets).empty());
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))));
  CHECK(lan.right.hear(1).size() == 1);
}

TEST_CASE("an interface that is deleted and recreated is heard under its new index") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}, {lan.in, net::Family::kIpv6}});
  lan.right.network.ip("link del eth0");
  test::connect(lan.left.network, "eth0", lan.right.network, "eth0");
  const net::InterfaceIndex in = lan.right.index("eth0");
  REQUIRE(in != lan.in);

  CHECK(lan.right.listen({{in, net::Family::kIpv4}, {in, net::Family::kIpv6}}).empty());
  const net::InterfaceIndex out = lan.left.index("eth0");
  lan.left.sender->send(batch_of(out, ipv4_frame(advert(1))));
  lan.left.sender->send(batch_of(out, ipv6_frame(advert(2))));
  const auto heard = lan.right.hear(2);
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].interface == in);
}

TEST_CASE("a renamed interface goes on being heard") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  lan.right.network.ip("link set eth0 name lan0");
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))));
  CHECK(lan.right.hear(1).size() == 1);
}

TEST_CASE("after an administrative down and up both families are heard without help") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}, {lan.in, net::Family::kIpv6}});
  lan.right.network.ip("link set eth0 down");
  lan.right.network.ip("link set eth0 up");
  test::await_ipv6(lan.right.network, "eth0");
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))));
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(2))));
  CHECK(lan.right.hear(2).size() == 2);
}

TEST_CASE("an MTU below 1280 ends the IPv6 membership, a target that comes back renews it") {
  Lan lan;
  const ListenTarget target{lan.in, net::Family::kIpv6};
  lan.right.listen({target});
  lan.right.network.ip("link set eth0 mtu 1200");
  lan.right.network.ip("link set eth0 mtu 1500");
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(1))));
  CHECK_FALSE(lan.right.readable(0));  // delivery over a veth is done when send() returns

  lan.right.listen({});
  lan.right.listen({target});
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(2))));
  CHECK(lan.right.hear(1).size() == 1);
}

TEST_CASE("without IPv6 nothing can be listened to, and listen() tries again") {
  Lan lan;
  const ListenTarget target{lan.in, net::Family::kIpv6};
  lan.right.network.ip("link set eth0 mtu 1200");
  CHECK(lan.right.listen({target}).size() == 1);

  lan.right.network.ip("link set eth0 mtu 1500");
  CHECK(lan.right.listen({target}).empty());
  lan.left.sender->send(batch_of(lan.out, ipv6_frame(advert(1))));
  CHECK(lan.right.hear(1).size() == 1);
}

TEST_CASE("a thousand frames in one batch all arrive, in order") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  net::FrameBatch batch;
  for (int i = 0; i < 1000; ++i) {
    std::vector<std::byte> payload = advert(i % 255);
    append(payload, bytes_of({i >> 8, i & 0xff}));
    batch.append(lan.out, ipv4_frame(payload));
  }
  const auto begun = std::chrono::steady_clock::now();
  CHECK(all_sent(lan.left.sender->send(batch)));
  const auto sent = std::chrono::steady_clock::now();
  const auto heard = lan.right.hear(1000);
  const auto received = std::chrono::steady_clock::now();
  using Microseconds = std::chrono::duration<double, std::micro>;
  MESSAGE(fmt::format("1,000 frames: sent in {:.0f} us, received in {:.0f} us",
                      Microseconds(sent - begun).count(), Microseconds(received - sent).count()));

  REQUIRE(heard.size() == 1000);
  bool ordered = true;
  for (int i = 0; i < 1000; ++i) {
    const auto& bytes = heard[static_cast<std::size_t>(i)].bytes;
    ordered = ordered && std::to_integer<int>(bytes[bytes.size() - 1]) == (i & 0xff) &&
              std::to_integer<int>(bytes[bytes.size() - 2]) == i >> 8;
  }
  CHECK(ordered);
  CHECK(lan.left.sender->counters() == SendCounters{.sent = 1000});
}

TEST_CASE("25 routers of both families flooding are heard within the budget of each call") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}, {lan.in, net::Family::kIpv6}});
  net::FrameBatch batch;
  for (int round = 0; round < 20; ++round) {
    for (int vrid = 1; vrid <= 25; ++vrid) {
      batch.append(lan.out, ipv4_frame(advert(vrid)));
      batch.append(lan.out, ipv6_frame(advert(vrid)));
    }
  }
  CHECK(all_sent(lan.left.sender->send(batch)));

  std::array<int, 2> count{};
  const auto sink = [&count](const net::ReceivedPacket& packet) {
    ++count[packet.family == net::Family::kIpv4 ? 0 : 1];
  };
  // One round of a small budget serves both sockets: neither waits for the other's end.
  CHECK(lan.right.receiver->receive(128, sink) == 128);
  CHECK(count[0] == 64);
  CHECK(count[1] == 64);
  CHECK(lan.right.receiver->receive(10000, sink) == 872);
  CHECK(count == std::array{500, 500});
}

TEST_CASE("what a full queue dropped is counted") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  const std::vector<std::byte> payload(1400);
  const auto batch = batch_of(lan.out, ipv4_frame(payload), 1000);
  std::uint64_t sent = 0;
  for (int i = 0; i < 10; ++i) {
    CHECK(all_sent(lan.left.sender->send(batch)));
    sent += batch.size();
  }
  const auto ignore = [](const net::ReceivedPacket&) {};
  const std::size_t queued = lan.right.receiver->receive(sent, ignore);
  CHECK(queued < sent);
  // The kernel tells with the next packet.
  lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))));
  REQUIRE(lan.right.hear(1).size() == 1);
  CHECK(lan.right.receiver->counters().overflows == sent - queued);
}

TEST_CASE("a packet that is too large for an advert is cut and marked") {
  Lan lan;
  for (Node* node : {&lan.left, &lan.right}) {
    node->network.ip("link set eth0 mtu 9000");
  }
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  const std::vector<std::byte> payload(8000);
  CHECK(all_sent(lan.left.sender->send(batch_of(lan.out, ipv4_frame(payload)))));
  const auto heard = lan.right.hear(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].truncated);
  CHECK(lan.right.receiver->counters().truncated == 1);
}

TEST_CASE("without privileges sockets are refused, and the error names the capability") {
  constexpr uid_t kNobody = 65534;
  Lan lan;
  std::vector<ListenFailure> failures;
  std::optional<base::Error> refused;
  lan.right.network.inside([&] {
    REQUIRE(::seteuid(kNobody) == 0);
    lan.right.listeners.listen(std::vector{ListenTarget{lan.in, net::Family::kIpv4}});
    failures = lan.right.listeners.hearing().failures;
    if (auto sender = Sender::open(); !sender) {
      refused = sender.error();
    }
    REQUIRE(::seteuid(0) == 0);
  });
  REQUIRE(failures.size() == 1);
  REQUIRE(refused);
  for (const base::Error& error : {failures[0].error, *refused}) {
    CHECK(error.code == base::ErrorCode::kReport);
    CHECK(error.message.find("CAP_NET_RAW") != std::string::npos);
  }
}

TEST_CASE("each frame fails for its own reason and stops no other") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  lan.left.network.ip("link add down0 type veth peer name down1");
  const net::InterfaceIndex down = lan.left.index("down0");
  const auto frame = ipv4_frame(advert(1));
  const std::vector<std::byte> large(2000);

  net::FrameBatch batch;
  batch.append(lan.out, frame);
  batch.append(down, frame);
  batch.append(lan.out, frame);
  batch.append({4711}, frame);
  batch.append(down, frame);
  batch.append(lan.out, ipv4_frame(large));
  batch.append(lan.out, frame);
  const auto results = lan.left.sender->send(batch);
  const std::vector<int> expected{0, ENETDOWN, 0, ENXIO, ENETDOWN, EMSGSIZE, 0};
  CHECK(std::vector(results.begin(), results.end()) == expected);
  CHECK(lan.left.sender->counters() ==
        SendCounters{.sent = 3, .link_down = 2, .no_device = 1, .too_large = 1});
  CHECK(lan.right.hear(3).size() == 3);
}

TEST_CASE("an interface that went down and came back can be sent on at once") {
  Lan lan;
  lan.right.listen({{lan.in, net::Family::kIpv4}});
  const auto batch = batch_of(lan.out, ipv4_frame(advert(1)));
  CHECK(all_sent(lan.left.sender->send(batch)));
  lan.left.network.ip("link set eth0 down");
  CHECK(lan.left.sender->send(batch)[0] == ENETDOWN);
  lan.left.network.ip("link set eth0 up");
  CHECK(all_sent(lan.left.sender->send(batch)));
  CHECK(lan.right.hear(2).size() == 2);
}

TEST_CASE("sending without carrier succeeds silently, as Linux does it") {
  Lan lan;
  lan.right.network.ip("link set eth0 down");
  test::wait_until("the loss of carrier is noticed", [&] {
    return lan.left.network.output_of("ip -o link show eth0").find("state UP") == std::string::npos;
  });
  CHECK(all_sent(lan.left.sender->send(batch_of(lan.out, ipv4_frame(advert(1))))));
}

}  // namespace keelvip::wire
