#include "lan_frames.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace keelvip::lab {
namespace {

constexpr Mac kClient{{2, 0, 0, 0, 0, 9}};
constexpr Mac kNode{{2, 0, 0, 0, 0, 1}};

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// The node's answer to a frame of ours: addresses exchanged, as far as read_frame looks.
Bytes answer_to(Bytes frame, std::size_t type_at, std::uint8_t type) {
  std::copy(kNode.bytes.begin(), kNode.bytes.end(), frame.begin() + 6);
  frame[type_at] = type;
  return frame;
}

TEST_CASE("a v2 advert is read: whole seconds, its addresses, not its password") {
  const Bytes advert = from_hex(
      "01005e000012020000000001"
      "0800"
      "45c0002800004000ff700000"
      "c000020b"
      "e0000012"
      "2133640101020000"
      "c0000264"
      "3132333435363738");
  const auto seen = std::get<Advert>(read_frame(advert, 1));
  CHECK(seen.source.to_string() == "192.0.2.11");
  CHECK(seen.mac == kNode);
  CHECK(seen.version == 2);
  CHECK(seen.vrid == 51);
  CHECK(seen.priority == 100);
  CHECK(seen.interval_ms == 2000);
  REQUIRE(seen.addresses.size() == 1);
  CHECK(seen.addresses[0].to_string() == "192.0.2.100");
}

TEST_CASE("a v3 advert is read: centiseconds, and no address beyond its end") {
  const Bytes advert = from_hex(
      "01005e000012020000000001"
      "0800"
      "45c0002000004000ff700000"
      "c000020b"
      "e0000012"
      "31336402000a0000"
      "c0000264");
  const auto seen = std::get<Advert>(read_frame(advert, 1));
  CHECK(seen.version == 3);
  CHECK(seen.interval_ms == 100);
  CHECK(seen.addresses.size() == 1);
}

TEST_CASE("the answer to an echo is known again by its VIP and its number") {
  for (const char* vip : {"192.0.2.100", "2001:db8::100"}) {
    CAPTURE(vip);
    const Origin origin{kClient, *Address::parse("192.0.2.200"), *Address::parse("2001:db8::200")};
    const Address address = *Address::parse(vip);
    const Bytes sent = echo_frame(origin, kNode, address, 7, 3, 70'000);
    const Bytes answer = answer_to(sent, address.v6 ? 54 : 34, address.v6 ? 129 : 0);

    const auto seen = std::get<EchoReply>(read_frame(answer, 7));
    CHECK(seen.mac == kNode);
    CHECK(seen.vip == 3);
    CHECK(seen.packet == 70'000);
    CHECK(std::holds_alternative<std::monostate>(read_frame(answer, 8)));
    CHECK(std::holds_alternative<std::monostate>(read_frame(sent, 7)));
  }
}

TEST_CASE("a gratuitous ARP tells everybody, an answer tells one; our own probe claims nothing") {
  const Origin origin{kClient, *Address::parse("192.0.2.200"), {}};
  Bytes arp = who_has(origin, *Address::parse("192.0.2.100"));
  CHECK(std::holds_alternative<std::monostate>(read_frame(arp, 1)));

  std::copy_n(arp.begin() + 38, 4, arp.begin() + 28);  // sender = target
  const auto claim = std::get<Claim>(read_frame(arp, 1));
  CHECK(claim.address.to_string() == "192.0.2.100");
  CHECK(claim.gratuitous);

  std::fill_n(arp.begin() + 38, 4, std::uint8_t{0});
  CHECK_FALSE(std::get<Claim>(read_frame(arp, 1)).gratuitous);
}

TEST_CASE("a frame cut short anywhere is read without harm") {
  const Bytes advert = from_hex(
      "01005e000012020000000001"
      "0800"
      "45c0002800004000ff700000"
      "c000020b"
      "e0000012"
      "2133640101020000"
      "c0000264"
      "3132333435363738");
  for (std::size_t size = 0; size < 42; ++size) {
    const Bytes cut(advert.begin(), advert.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(std::holds_alternative<std::monostate>(read_frame(cut, 1)));
  }
}

}  // namespace
}  // namespace keelvip::lab
