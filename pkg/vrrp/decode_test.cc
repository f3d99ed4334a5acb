#include "pkg/vrrp/decode.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "pkg/vrrp/peer_packet.h"

namespace keelvip::vrrp {
namespace {

using net::Family;
using net::IpAddress;

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

const std::array kV4List{ip("192.0.2.100")};
const std::array kV6List{ip("fe80::100"), ip("2001:db8::100")};

PeerPacket v3_ipv4(ChecksumForm form = ChecksumForm::kMessageOnly) {
  return PeerPacket::of({.vrid = {51}, .priority = {150}, .interval = base::Centiseconds{100}},
                        kV4List, ip("192.0.2.12"), form);
}

PeerPacket v3_ipv6() {
  return PeerPacket::of({.family = Family::kIpv6,
                         .vrid = {51},
                         .priority = {150},
                         .interval = base::Centiseconds{100}},
                        kV6List, ip("fe80::b"));
}

PeerPacket v2() {
  return PeerPacket::of({.version = Version::kV2,
                         .vrid = {51},
                         .priority = {150},
                         .interval = base::Centiseconds{100}},
                        kV4List, ip("192.0.2.12"));
}

/// The reason for which `packet` is rejected; fails the test if it is accepted.
Rejection rejection(const PeerPacket& packet, const Expectation& expectation = {}) {
  const auto decoded = decode(packet.view(), expectation);
  REQUIRE_FALSE(decoded.has_value());
  return decoded.error();
}

bool accepted(const PeerPacket& packet, const Expectation& expectation = {}) {
  return decode(packet.view(), expectation).has_value();
}

/// Makes the checksum right again after a change of the message.
void mend(PeerPacket& packet) {
  const std::size_t at = packet.message_offset();
  packet.message_byte(6) = packet.message_byte(7) = std::byte{0};
  const ChecksumForm form =
      packet.family == Family::kIpv6 ? ChecksumForm::kPseudoHeader : ChecksumForm::kMessageOnly;
  const std::uint16_t sum = compute_checksum(std::span(packet.bytes).subspan(at), form,
                                             packet.source, packet.destination);
  packet.message_byte(6) = static_cast<std::byte>(sum >> 8U);
  packet.message_byte(7) = static_cast<std::byte>(sum & 0xffU);
}

}  // namespace

TEST_CASE("a v3 advert says what its sender encoded") {
  const PeerPacket packet = v3_ipv6();
  const auto advert = decode(packet.view(), {});
  REQUIRE(advert);
  CHECK(advert->version == Version::kV3);
  CHECK(advert->vrid.value == 51);
  CHECK(advert->priority.value == 150);
  CHECK(advert->interval == base::Centiseconds{100});
  CHECK(advert->source == ip("fe80::b"));
  CHECK(advert->destination == kGroupIpv6);
  CHECK(advert->address_count == 2);
  CHECK(advert->address_list.size() == 32);
}

TEST_CASE("conformance 15: a TTL or hop limit other than 255 is refused on multicast") {
  for (const std::uint8_t ttl : std::array<std::uint8_t, 3>{254, 1, 0}) {
    PeerPacket four = v3_ipv4();
    four.bytes[8] = std::byte{ttl};
    CHECK(rejection(four) == Rejection::kTimeToLive);
    PeerPacket six = v3_ipv6();
    six.hop_limit = ttl;
    CHECK(rejection(six) == Rejection::kTimeToLive);
  }
}

TEST_CASE("conformance 16: versions 0, 1, 4 to 15, and 2 over IPv6, are refused") {
  for (unsigned version = 0; version < 16; ++version) {
    if (version == 2 || version == 3) {
      continue;
    }
    PeerPacket packet = v3_ipv4();
    packet.message_byte(0) = static_cast<std::byte>(version << 4U | 1U);
    mend(packet);
    CHECK(rejection(packet) == Rejection::kVersion);
  }
  PeerPacket six = v3_ipv6();
  six.message_byte(0) = std::byte{0x21};
  mend(six);
  CHECK(rejection(six) == Rejection::kVersion);
}

TEST_CASE("conformance 16: a router takes only its own version") {
  CHECK(rejection(v3_ipv4(), {.version = Version::kV2}) == Rejection::kVersion);
  CHECK(rejection(v2(), {.version = Version::kV3}) == Rejection::kVersion);
  CHECK(accepted(v2(), {.version = Version::kV2}));
}

TEST_CASE("conformance 17: only type 1 is an advertisement") {
  for (unsigned type = 0; type < 16; ++type) {
    if (type == kAdvertisementType) {
      continue;
    }
    PeerPacket packet = v3_ipv4();
    packet.message_byte(0) = static_cast<std::byte>(0x30U | type);
    mend(packet);
    CHECK(rejection(packet) == Rejection::kType);
  }
}

TEST_CASE("conformance 18: every length but the one that the address count asks for is refused") {
  const std::array packets{v3_ipv4(), v3_ipv6(), v2()};
  for (const PeerPacket& whole : packets) {
    for (std::size_t size = 0; size <= whole.bytes.size() + 8; ++size) {
      PeerPacket packet = whole;
      if (size >= 4) {
        packet.resize(size);
      } else {
        packet.bytes.resize(size);
      }
      if (size == whole.bytes.size()) {
        CHECK(accepted(packet));
      } else if (size < whole.message_offset() + kMessageHeaderSize) {
        CHECK(rejection(packet) == Rejection::kIncompletePacket);
      } else {
        CHECK(rejection(packet) == Rejection::kPacketLength);
      }
    }
  }
}

TEST_CASE(
    "conformance 18: Ethernet padding behind the IPv4 total length is not part of the packet") {
  PeerPacket packet = v3_ipv4();
  packet.bytes.resize(packet.bytes.size() + 14, std::byte{0xee});
  CHECK(accepted(packet));
}

TEST_CASE("an IPv4 header that lies about its lengths is refused") {
  PeerPacket short_ihl = v3_ipv4();
  short_ihl.bytes[0] = std::byte{0x44};
  CHECK(rejection(short_ihl) == Rejection::kIncompletePacket);
  PeerPacket long_total = v3_ipv4();
  long_total.bytes[3] = std::byte{0xff};
  CHECK(rejection(long_total) == Rejection::kIncompletePacket);
  PeerPacket options_past_total = v3_ipv4();
  options_past_total.bytes[0] = std::byte{0x4f};
  CHECK(rejection(options_past_total) == Rejection::kIncompletePacket);
}

TEST_CASE("conformance 33: IP options, DF and any TOS are accepted") {
  PeerPacket packet = v3_ipv4();
  packet.bytes[0] = std::byte{0x46};
  packet.bytes[1] = std::byte{0x00};
  packet.bytes[6] = std::byte{0x40};
  const std::array router_alert{std::byte{0x94}, std::byte{0x04}, std::byte{0}, std::byte{0}};
  packet.bytes.insert(packet.bytes.begin() + 20, router_alert.begin(), router_alert.end());
  packet.resize(packet.bytes.size());
  CHECK(accepted(packet));
  CHECK(peek_vrid(packet.view())->value == 51);
}

TEST_CASE("conformance 7: reserved bits that are set do not matter") {
  PeerPacket packet = v3_ipv4();
  packet.message_byte(4) |= std::byte{0xf0};
  mend(packet);
  const auto advert = decode(packet.view(), {});
  REQUIRE(advert);
  CHECK(advert->interval == base::Centiseconds{100});
}

TEST_CASE("conformance 19: a damaged or a zero checksum is refused") {
  for (PeerPacket packet : {v3_ipv4(), v3_ipv6(), v2()}) {
    PeerPacket zero = packet;
    zero.message_byte(6) = zero.message_byte(7) = std::byte{0};
    CHECK(rejection(zero) == Rejection::kChecksum);
    packet.message_byte(2) ^= std::byte{1};
    CHECK(rejection(packet) == Rejection::kChecksum);
  }
}

TEST_CASE("conformance 19: v2 with a pseudo-header and IPv6 without one are refused") {
  PeerPacket two = v2();
  const auto set = [](PeerPacket& packet, ChecksumForm form) {
    packet.message_byte(6) = packet.message_byte(7) = std::byte{0};
    const auto message = std::span(packet.bytes).subspan(packet.message_offset());
    const std::uint16_t sum = compute_checksum(message, form, packet.source, packet.destination);
    packet.message_byte(6) = static_cast<std::byte>(sum >> 8U);
    packet.message_byte(7) = static_cast<std::byte>(sum & 0xffU);
  };
  set(two, ChecksumForm::kPseudoHeader);
  CHECK(rejection(two) == Rejection::kChecksum);
  PeerPacket six = v3_ipv6();
  set(six, ChecksumForm::kMessageOnly);
  CHECK(rejection(six) == Rejection::kChecksum);
}

TEST_CASE(
    "conformance 20: a named checksum form refuses the other, auto takes both and tells which") {
  const PeerPacket a = v3_ipv4(ChecksumForm::kMessageOnly);
  const PeerPacket b = v3_ipv4(ChecksumForm::kPseudoHeader);
  CHECK(accepted(a, {.checksum = ChecksumPolicy::kMessageOnly}));
  CHECK(rejection(b, {.checksum = ChecksumPolicy::kMessageOnly}) == Rejection::kChecksum);
  CHECK(accepted(b, {.checksum = ChecksumPolicy::kPseudoHeader}));
  CHECK(rejection(a, {.checksum = ChecksumPolicy::kPseudoHeader}) == Rejection::kChecksum);
  CHECK(decode(a.view(), {})->forms == VerifiedForms{.message_only = true});
  CHECK(decode(b.view(), {})->forms == VerifiedForms{.pseudo_header = true});
}

TEST_CASE("conformance 20: keepalived's old unicast checksum is taken on unicast alone") {
  PeerPacket packet = v3_ipv4(ChecksumForm::kPseudoHeader);
  const std::array<std::uint8_t, 4> us{192, 0, 2, 11};
  std::ranges::copy(std::as_bytes(std::span(us)), packet.bytes.begin() + 16);
  const auto advert = decode(packet.view(), {.transport = Transport::kUnicast});
  REQUIRE(advert);
  CHECK(advert->forms == VerifiedForms{.group_pseudo_header = true});
}

TEST_CASE("conformance 29: a source that no router can have, and our own, are refused") {
  const auto from = [](std::array<std::uint8_t, 4> source) {
    PeerPacket packet = v3_ipv4();
    std::ranges::copy(std::as_bytes(std::span(source)), packet.bytes.begin() + 12);
    return packet;
  };
  CHECK(rejection(from({0, 0, 0, 0})) == Rejection::kBadSource);
  CHECK(rejection(from({224, 0, 0, 18})) == Rejection::kBadSource);
  CHECK(rejection(from({255, 255, 255, 255})) == Rejection::kBadSource);
  CHECK(rejection(from({127, 0, 0, 1})) == Rejection::kBadSource);
  CHECK(rejection(v3_ipv4(), {.own_address = ip("192.0.2.12")}) == Rejection::kOwnSource);
  PeerPacket six = v3_ipv6();
  six.source = ip("::");
  CHECK(rejection(six) == Rejection::kBadSource);
}

TEST_CASE("conformance 29: a global IPv6 source is refused where link-local is required") {
  PeerPacket packet = v3_ipv6();
  packet.source = ip("2001:db8::b");
  mend(packet);
  CHECK(accepted(packet));
  CHECK(rejection(packet, {.require_link_local_source = true}) == Rejection::kBadSource);
}

TEST_CASE("conformance 30: unicast to a multicast router and the reverse are refused") {
  PeerPacket packet = v3_ipv4();
  CHECK(rejection(packet, {.transport = Transport::kUnicast}) == Rejection::kCastMismatch);
  packet.bytes[16] = std::byte{192};
  CHECK(rejection(packet) == Rejection::kCastMismatch);
}

TEST_CASE("a packet that the receive buffer cut is refused before anything else") {
  PeerPacket packet = v3_ipv4();
  packet.truncated = true;
  CHECK(rejection(packet) == Rejection::kTruncated);
}

TEST_CASE("conformance 3: random bytes never make the decoder read past the packet") {
  // The buffers are exact heap allocations, so that AddressSanitizer sees one byte too many.
  std::mt19937 random(20240917);
  const std::array seeds{v3_ipv4(), v3_ipv6(), v2()};
  std::size_t taken = 0;
  for (int round = 0; round < 100'000; ++round) {
    PeerPacket packet = seeds[random() % seeds.size()];
    const std::size_t changes = random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      packet.bytes[random() % packet.bytes.size()] = static_cast<std::byte>(random() & 0xffU);
    }
    const std::size_t size =
        random() % 2 == 0 ? packet.bytes.size() : random() % (packet.bytes.size() + 1);
    const std::vector<std::byte> exact(packet.bytes.begin(),
                                       packet.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    net::ReceivedPacket view = packet.view();
    view.bytes = exact;
    static_cast<void>(peek_vrid(view));
    static_cast<void>(peek_source(view));
    const Expectation expectation{.transport = random() % 4 == 0 ? Transport::kUnicast
                                                                 : Transport::kMulticast};
    taken += decode(view, expectation).has_value() ? 1U : 0U;
  }
  CHECK(taken > 1000);
  CHECK(taken < 60'000);
}

}  // namespace keelvip::vrrp
