#include "pkg/vrrp/encode.h"

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/vrrp/decode.h"
#include "pkg/vrrp/peer_packet.h"

namespace keelvip::vrrp {
namespace {

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

constexpr net::MacAddress kMac{{0x02, 0, 0, 0, 0, 0x0a}};

}  // namespace

TEST_CASE("conformance 4: an IPv4 advert goes to the group with TTL 255, CS6, DF and no options") {
  const std::array addresses{ip("192.0.2.100")};
  const MessageFields fields{.vrid = {51}, .priority = {150}, .interval = base::Centiseconds{100}};
  std::vector<std::byte> frame(frame_size(fields, 1));
  encode_frame(fields, addresses, ChecksumForm::kPseudoHeader, kMac, ip("192.0.2.11"), frame);
  CHECK(hex(frame) ==
        "01005e00001202000000000a0800"
        "45c0002000004000ff70d88fc000020be0000012"
        "313396010064d367c0000264");
}

TEST_CASE("conformance 4: an IPv6 advert goes to the group with hop limit 255 and class CS6") {
  const std::array addresses{ip("fe80::100"), ip("2001:db8::100")};
  const MessageFields fields{.family = net::Family::kIpv6,
                             .vrid = {51},
                             .priority = {150},
                             .interval = base::Centiseconds{100}};
  std::vector<std::byte> frame(frame_size(fields, 2));
  encode_frame(fields, addresses, ChecksumForm::kMessageOnly, kMac, ip("fe80::ff:fe00:a"), frame);
  CHECK(hex(frame) ==
        "33330000001202000000000a86dd"
        "6c000000002870fffe80000000000000000000fffe00000aff020000000000000000000000000012"
        "3133960200640cf4fe80000000000000000000000000010020010db8000000000000000000000100");
}

TEST_CASE("conformance 8: v2 without authentication still carries eight zero bytes") {
  const std::array addresses{ip("10.0.1.5")};
  const MessageFields fields{
      .version = Version::kV2, .vrid = {51}, .priority = {30}, .interval = base::Centiseconds{100}};
  std::vector<std::byte> message(message_size(Version::kV2, net::Family::kIpv4, 1));
  encode_message(fields, addresses, ChecksumForm::kPseudoHeader, ip("10.0.1.1"), kGroupIpv4,
                 message);
  CHECK(hex(message) == "21331e010001b5c50a0001050000000000000000");
}

TEST_CASE("conformance 7: an interval never spills into the reserved bits of v3") {
  const std::array addresses{ip("192.0.2.100")};
  const MessageFields fields{.vrid = {1}, .priority = {1}, .interval = base::Centiseconds{4095}};
  std::vector<std::byte> message(message_size(Version::kV3, net::Family::kIpv4, 1));
  encode_message(fields, addresses, ChecksumForm::kMessageOnly, ip("192.0.2.11"), kGroupIpv4,
                 message);
  CHECK(hex(std::span(message).subspan(4, 2)) == "0fff");
}

TEST_CASE("conformance 2: v2 says up to 255 seconds") {
  const std::array addresses{ip("192.0.2.100")};
  const MessageFields fields{.version = Version::kV2,
                             .vrid = {1},
                             .priority = {100},
                             .interval = std::chrono::seconds(255)};
  std::vector<std::byte> message(message_size(Version::kV2, net::Family::kIpv4, 1));
  encode_message(fields, addresses, ChecksumForm::kMessageOnly, ip("192.0.2.11"), kGroupIpv4,
                 message);
  CHECK(hex(std::span(message).subspan(4, 2)) == "00ff");
}

TEST_CASE("conformance 2, 3: an advert of 255 addresses comes back whole from the decoder") {
  for (const Version version : {Version::kV2, Version::kV3}) {
    std::vector<net::IpAddress> addresses;
    for (unsigned i = 0; i < kMaxAddresses; ++i) {
      addresses.push_back(net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(i)}));
    }
    const MessageFields fields{
        .version = version, .vrid = {255}, .priority = {254}, .interval = base::Centiseconds{100}};
    const PeerPacket packet = PeerPacket::of(fields, addresses, ip("192.0.2.11"));
    CHECK(packet.bytes.size() == (version == Version::kV2 ? 20U + 16U + 1020U : 20U + 8U + 1020U));
    const auto advert = decode(packet.view(), {});
    REQUIRE(advert);
    CHECK(advert->address_count == 255);
    CHECK(net::IpAddress::from_bytes(net::Family::kIpv4, advert->address_list.last(4)) ==
          addresses.back());
  }
}

}  // namespace keelvip::vrrp
