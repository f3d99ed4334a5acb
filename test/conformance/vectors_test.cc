#include "vectors.h"

#include <array>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "pkg/net/frames.h"
#include "pkg/vrrp/decode.h"
#include "pkg/vrrp/encode.h"

namespace keelvip::conformance {
namespace {

using vrrp::Advertisement;
using vrrp::ChecksumForm;
using vrrp::Rejection;

/// Authentication trailers, IPsec AH, v2 over IPv6: what the decoder must not take.
const std::set<std::string> kRefused{"V5", "V6", "V32", "V33", "V34"};
const std::set<std::string> kUnicast{"V16", "V18", "V23", "V33"};

bool is_advert(const Vector& vector) {
  return vector.id.front() == 'V';
}

vrrp::Expectation expectation(const Vector& vector) {
  vrrp::Expectation any;
  any.transport =
      kUnicast.contains(vector.id) ? vrrp::Transport::kUnicast : vrrp::Transport::kMulticast;
  return any;
}

std::vector<net::IpAddress> addresses(const Advertisement& advert) {
  std::vector<net::IpAddress> list;
  const std::size_t size = vrrp::address_size(advert.family);
  for (std::size_t i = 0; i < advert.address_count; ++i) {
    list.push_back(
        net::IpAddress::from_bytes(advert.family, advert.address_list.subspan(i * size, size)));
  }
  return list;
}

std::vector<std::byte> encode_again(const Advertisement& advert) {
  const std::vector<net::IpAddress> list = addresses(advert);
  const vrrp::MessageFields fields{.version = advert.version,
                                   .family = advert.family,
                                   .vrid = advert.vrid,
                                   .priority = advert.priority,
                                   .interval = advert.interval,
                                   .auth_type = advert.auth_type,
                                   .auth_data = advert.auth_data};
  std::vector<std::byte> message(vrrp::message_size(fields.version, fields.family, list.size()));
  const ChecksumForm form =
      advert.forms.message_only ? ChecksumForm::kMessageOnly : ChecksumForm::kPseudoHeader;
  // What keepalived up to 1.3.6 sends on unicast is the sum of a packet to the group.
  const bool old_unicast = advert.forms == vrrp::VerifiedForms{.group_pseudo_header = true};
  vrrp::encode_message(fields, list, form, advert.source,
                       old_unicast ? vrrp::kGroupIpv4 : advert.destination, message);
  return message;
}

Rejection rejection_of(const char* id) {
  const Vector* vector = find_vector(id);
  REQUIRE(vector != nullptr);
  const auto packet = vrrp::PeerPacket::from_frame(net::InterfaceIndex{2}, vector->frame);
  const auto decoded = vrrp::decode(packet.view(), expectation(*vector));
  REQUIRE_FALSE(decoded.has_value());
  return decoded.error();
}

Advertisement decoded(const char* id, const vrrp::PeerPacket& packet) {
  const auto advert = vrrp::decode(packet.view(), expectation(*find_vector(id)));
  REQUIRE(advert.has_value());
  return *advert;
}

}  // namespace

TEST_CASE("conformance 1, 2, 3: every captured advert decodes and encodes back to its own bytes") {
  std::size_t seen = 0;
  for (const Vector& vector : vectors()) {
    if (!is_advert(vector) || kRefused.contains(vector.id)) {
      continue;
    }
    CAPTURE(vector.id);
    const auto packet = vrrp::PeerPacket::from_frame(net::InterfaceIndex{2}, vector.frame);
    const auto advert = vrrp::decode(packet.view(), expectation(vector));
    REQUIRE(advert.has_value());
    const auto message = std::span(packet.bytes).subspan(packet.message_offset());
    CHECK(hex(encode_again(*advert)) == hex(message));
    ++seen;
  }
  CHECK(seen == 22);
}

TEST_CASE("conformance 1: the captured fields are the ones the senders were configured with") {
  const auto check = [](const char* id, unsigned vrid, unsigned priority, int centiseconds,
                        unsigned count) {
    CAPTURE(id);
    const auto packet =
        vrrp::PeerPacket::from_frame(net::InterfaceIndex{2}, find_vector(id)->frame);
    const Advertisement advert = decoded(id, packet);
    CHECK(advert.vrid.value == vrid);
    CHECK(advert.priority.value == priority);
    CHECK(advert.interval == base::Centiseconds{centiseconds});
    CHECK(advert.address_count == count);
  };
  check("V1", 51, 150, 100, 1);
  check("V2", 51, 0, 100, 1);
  check("V10", 51, 150, 100, 1);
  check("V19", 51, 150, 100, 2);
  check("V24", 51, 255, 100, 1);
  check("V25", 1, 254, 10, 1);
  check("V26", 1, 255, 4095, 1);
  check("V28", 10, 255, 100, 20);
  check("V30", 10, 255, 100, 20);
}

TEST_CASE("conformance 3: an IPv6 advert as holo makes it decodes and encodes back") {
  // Only the message is known; this sender is the one for which its checksum is right.
  vrrp::PeerPacket packet;
  packet.family = net::Family::kIpv6;
  packet.source = *net::IpAddress::parse("fe80::6101");
  packet.destination = vrrp::kGroupIpv6;
  packet.bytes = bytes_from_hex("310116010001b57f20010db8000000000000000003707334");
  const auto advert = vrrp::decode(packet.view(), {});
  REQUIRE(advert.has_value());
  CHECK(hex(encode_again(*advert)) == hex(packet.bytes));
}

TEST_CASE("conformance 20: the checksum forms of the captures are the ones their senders use") {
  const auto forms = [](const char* id) {
    const auto packet =
        vrrp::PeerPacket::from_frame(net::InterfaceIndex{2}, find_vector(id)->frame);
    return decoded(id, packet).forms;
  };
  for (const char* id : {"V10", "V11", "V14", "V16", "V24", "V25", "V26"}) {
    CHECK(forms(id) == vrrp::VerifiedForms{.pseudo_header = true});
  }
  for (const char* id : {"V12", "V13", "V18"}) {
    CHECK(forms(id) == vrrp::VerifiedForms{.message_only = true});
  }
}

TEST_CASE("captures of what is not supported are refused, each for its own reason") {
  CHECK(rejection_of("V5") == Rejection::kAuthenticationHeader);
  CHECK(rejection_of("V6") == Rejection::kAuthenticationHeader);
  CHECK(rejection_of("V32") == Rejection::kVersion);
  CHECK(rejection_of("V33") == Rejection::kPacketLength);
  CHECK(rejection_of("V34") == Rejection::kPacketLength);
}

TEST_CASE("the VRID inside an authentication header is still found, to count for its router") {
  const auto packet =
      vrrp::PeerPacket::from_frame(net::InterfaceIndex{2}, find_vector("V5")->frame);
  CHECK(vrrp::peek_vrid(packet.view())->value == 51);
}

TEST_CASE("conformance 57: a gratuitous ARP is the one that keepalived and FRR send") {
  const auto mac = net::virtual_router_mac(net::Family::kIpv4, 51);
  const auto frame = net::gratuitous_arp(mac, *net::IpAddress::parse("192.0.2.100"));
  CHECK(hex(frame) == hex(find_vector("G1")->frame));
  CHECK(hex(frame) == hex(find_vector("G2")->frame));
}

TEST_CASE("conformance 58: an unsolicited NA is the one that FRR sends, Router flag set") {
  const auto mac = net::virtual_router_mac(net::Family::kIpv6, 51);
  const auto frame =
      net::unsolicited_neighbor_advertisement(mac, *net::IpAddress::parse("2001:db8::100"));
  CHECK(hex(frame) == hex(find_vector("N2")->frame));
}

}  // namespace keelvip::conformance
