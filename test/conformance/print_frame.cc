#include "print_frame.h"

#include <fmt/core.h>

#include "pkg/vrrp/decode.h"
#include "pkg/vrrp/peer_packet.h"
#include "vectors.h"

namespace keelvip::conformance {
namespace {

unsigned ether_type(std::span<const std::byte> frame) {
  return std::to_integer<unsigned>(frame[12]) << 8U | std::to_integer<unsigned>(frame[13]);
}

std::string print_addresses(const vrrp::Advertisement& advert) {
  std::string text;
  const std::size_t size = vrrp::address_size(advert.family);
  for (std::size_t i = 0; i < advert.address_count; ++i) {
    const auto bytes = advert.address_list.subspan(i * size, size);
    text += (i == 0 ? "" : ",") + net::IpAddress::from_bytes(advert.family, bytes).to_string();
  }
  return text;
}

std::string print_form(const vrrp::Advertisement& advert) {
  if (advert.version == vrrp::Version::kV2 || advert.family == net::Family::kIpv6) {
    return "";
  }
  return advert.forms.message_only ? " form=rfc9568" : " form=pseudo";
}

std::string print_advert(std::span<const std::byte> frame) {
  const auto packet = vrrp::PeerPacket::from_frame(net::InterfaceIndex{1}, frame);
  const auto advert = vrrp::decode(packet.view(), {});
  if (!advert) {
    return "what we would refuse: " + hex(frame);
  }
  return fmt::format("advert v{} vrid={} priority={} interval={}cs{}{} addresses={} from={}",
                     static_cast<int>(advert->version), advert->vrid.value, advert->priority.value,
                     advert->interval.count(), advert->auth_type == 1 ? " password" : "",
                     print_form(*advert), print_addresses(*advert), advert->source.to_string());
}

}  // namespace

bool is_vrrp(std::span<const std::byte> frame) {
  constexpr std::size_t kIpv4Protocol = 14 + 9;
  constexpr std::size_t kIpv6NextHeader = 14 + 6;
  const std::size_t at = ether_type(frame) == 0x86dd ? kIpv6NextHeader : kIpv4Protocol;
  return ether_type(frame) != 0x0806 && frame[at] == std::byte{vrrp::kVrrpProtocol};
}

std::string print_frame(std::span<const std::byte> frame, bool as_hex) {
  if (as_hex) {
    return hex(frame);
  }
  if (is_vrrp(frame)) {
    return print_advert(frame);
  }
  if (ether_type(frame) == 0x0806) {
    const auto target = net::IpAddress::from_bytes(net::Family::kIpv4, frame.subspan(38, 4));
    return "ARP for " + target.to_string();
  }
  const auto target = net::IpAddress::from_bytes(net::Family::kIpv6, frame.subspan(62, 16));
  return "NA for " + target.to_string();
}

}  // namespace keelvip::conformance
