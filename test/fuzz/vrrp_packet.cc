// Input: two bytes of expectations, then a packet (packet_input.h). What the decoder takes must
// encode again to a message that it takes for the same; nothing is read behind the packet.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "input.h"
#include "libfuzzer.h"
#include "packet_input.h"
#include "pkg/base/check.h"
#include "pkg/vrrp/decode.h"
#include "pkg/vrrp/encode.h"

namespace keelvip::fuzz {
namespace {

using vrrp::Advertisement;
using vrrp::ChecksumForm;
using vrrp::ChecksumPolicy;
using vrrp::Expectation;
using vrrp::PeerPacket;
using vrrp::Transport;
using vrrp::Version;

const net::IpAddress kOurIpv4 = net::IpAddress::v4({192, 0, 2, 11});
const net::IpAddress kOurIpv6 =
    net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11});

Expectation expectation_of(unsigned flags, unsigned policy, net::Family family) {
  constexpr std::array kPolicies{ChecksumPolicy::kAuto, ChecksumPolicy::kMessageOnly,
                                 ChecksumPolicy::kPseudoHeader};
  Expectation expectation;
  expectation.transport = (flags & 1U) != 0 ? Transport::kUnicast : Transport::kMulticast;
  expectation.require_link_local_source = (flags & 2U) != 0;
  if ((flags & 4U) != 0) {
    expectation.own_address = family == net::Family::kIpv4 ? kOurIpv4 : kOurIpv6;
  }
  if ((flags & 8U) != 0) {
    expectation.version = (flags & 16U) != 0 ? Version::kV2 : Version::kV3;
  }
  expectation.checksum = kPolicies[policy % kPolicies.size()];
  return expectation;
}

std::vector<net::IpAddress> addresses_of(const Advertisement& advert) {
  std::vector<net::IpAddress> list;
  const std::size_t size = vrrp::address_size(advert.family);
  for (std::size_t i = 0; i < advert.address_count; ++i) {
    list.push_back(
        net::IpAddress::from_bytes(advert.family, advert.address_list.subspan(i * size, size)));
  }
  return list;
}

/// The message of `packet` replaced by our own encoding of what was read from it.
PeerPacket encoded_again(const PeerPacket& packet, const Advertisement& advert,
                         const Expectation& expectation) {
  const std::vector<net::IpAddress> list = addresses_of(advert);
  PeerPacket again = packet;
  again.resize(packet.message_offset() +
               vrrp::message_size(advert.version, advert.family, list.size()));
  const bool message_only =
      advert.forms.message_only && expectation.checksum != ChecksumPolicy::kPseudoHeader;
  const bool to_group =
      !advert.forms.message_only && !advert.forms.pseudo_header && advert.forms.group_pseudo_header;
  vrrp::encode_message({.version = advert.version,
                        .family = advert.family,
                        .vrid = advert.vrid,
                        .priority = advert.priority,
                        .interval = advert.interval,
                        .auth_type = advert.auth_type,
                        .auth_data = advert.auth_data},
                       list,
                       message_only ? ChecksumForm::kMessageOnly : ChecksumForm::kPseudoHeader,
                       advert.source, to_group ? vrrp::kGroupIpv4 : advert.destination,
                       std::span(again.bytes).subspan(again.message_offset()));
  return again;
}

void check_same(const Advertisement& a, const Advertisement& b) {
  KEELVIP_CHECK(a.version == b.version);
  KEELVIP_CHECK(a.family == b.family);
  KEELVIP_CHECK(a.vrid == b.vrid);
  KEELVIP_CHECK(a.priority == b.priority);
  KEELVIP_CHECK(a.interval == b.interval);
  KEELVIP_CHECK(a.auth_type == b.auth_type);
  KEELVIP_CHECK(a.auth_data == b.auth_data);
  KEELVIP_CHECK(a.forms == b.forms);
  KEELVIP_CHECK(a.source == b.source);
  KEELVIP_CHECK(a.destination == b.destination);
  KEELVIP_CHECK(addresses_of(a) == addresses_of(b));
}

/// What no advert that was taken may be, whatever the rest of it says.
void check_taken(const PeerPacket& packet, const Advertisement& advert,
                 const Expectation& expectation) {
  const bool multicast = expectation.transport == Transport::kMulticast;
  const auto ttl = packet.family == net::Family::kIpv4 ? std::to_integer<unsigned>(packet.bytes[8])
                                                       : packet.hop_limit;
  KEELVIP_CHECK(!packet.truncated);
  KEELVIP_CHECK(!multicast || ttl == 255);
  KEELVIP_CHECK(multicast == (advert.destination == vrrp::group(packet.family)));
  KEELVIP_CHECK(advert.source != expectation.own_address);
  KEELVIP_CHECK(!advert.source.is_multicast() && !advert.source.is_unspecified());
  KEELVIP_CHECK(!expectation.version || advert.version == *expectation.version);
  KEELVIP_CHECK(packet.family == net::Family::kIpv4 || advert.version == Version::kV3);
  KEELVIP_CHECK(vrrp::peek_vrid(packet.view()) == advert.vrid);
  KEELVIP_CHECK(vrrp::peek_source(packet.view()) == advert.source);
}

void run(Input input) {
  const std::uint8_t flags = input.u8();
  const std::uint8_t policy = input.u8();
  const PeerPacket packet = read_packet(input);
  const Expectation expectation = expectation_of(flags, policy, packet.family);
  const auto advert = vrrp::decode(packet.view(), expectation);
  if (!advert) {
    KEELVIP_CHECK(!vrrp::to_string(advert.error()).empty());
    static_cast<void>(vrrp::peek_vrid(packet.view()));
    static_cast<void>(vrrp::peek_source(packet.view()));
    return;
  }
  check_taken(packet, *advert, expectation);
  if (advert->address_count > 0) {
    const PeerPacket again = encoded_again(packet, *advert, expectation);
    const auto decoded = vrrp::decode(again.view(), expectation);
    KEELVIP_CHECK(decoded.has_value());
    check_same(*advert, *decoded);
  }
}

}  // namespace
}  // namespace keelvip::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  keelvip::fuzz::run({data, size});
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  keelvip::fuzz::Input input(data, size);
  input.take(2);
  keelvip::vrrp::PeerPacket packet = keelvip::fuzz::read_packet(input);
  keelvip::fuzz::mend(packet, seed);
  // The packet is the end of the input; mending does not change its length.
  std::ranges::copy(packet.bytes, std::as_writable_bytes(std::span(data, size)).end() -
                                      static_cast<std::ptrdiff_t>(packet.bytes.size()));
  return size;
}
