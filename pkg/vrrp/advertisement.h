// Advertisement: a VRRP message as a value, after the codec and before the state machine, and how
// long it is on the wire, which also the controller asks: what does not fit an interface is never
// sent. Values only; any thread.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+---------------+---------------+
//   |Version| Type  | Virtual Rtr ID|   Priority    | Address Count |  v2 and v3
//   +-------+-------+---------------+---------------+---------------+
//   |   Auth Type   |   Adver Int   |           Checksum            |  v2 (RFC 3768 5.1)
//   |(rsvd) |    Max Advertise Int  |           Checksum            |  v3 (RFC 9568 5.1)
//   +-------------------------------+-------------------------------+
//   | addresses (4 or 16 bytes each), then in v2 eight bytes of authentication data
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pkg/base/time.h"
#include "pkg/net/family.h"
#include "pkg/net/ip_address.h"
#include "pkg/vrrp/checksum_form.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

inline constexpr std::uint8_t kVrrpProtocol = 112;
inline constexpr std::uint8_t kAdvertisementType = 1;
inline constexpr std::size_t kIpv4Header = 20;
inline constexpr std::size_t kIpv6Header = 40;
inline constexpr std::size_t kMessageHeaderSize = 8;
inline constexpr std::size_t kAuthenticationDataSize = 8;
inline constexpr std::size_t kMaxAddresses = 255;

inline constexpr net::IpAddress kGroupIpv4 = net::IpAddress::v4({224, 0, 0, 18});
inline constexpr net::IpAddress kGroupIpv6 =
    net::IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});

[[nodiscard]] constexpr const net::IpAddress& group(net::Family family) {
  return family == net::Family::kIpv4 ? kGroupIpv4 : kGroupIpv6;
}

/// 4 or 16 bytes.
[[nodiscard]] constexpr std::size_t address_size(net::Family family) {
  return family == net::Family::kIpv4 ? 4 : 16;
}

/// The length of a whole message, which its receivers check exactly.
[[nodiscard]] constexpr std::size_t message_size(Version version, net::Family family,
                                                 std::size_t addresses) {
  return kMessageHeaderSize + addresses * address_size(family) +
         (version == Version::kV2 ? kAuthenticationDataSize : 0);
}

/// The length of the IP packet that carries it; no options, no extension headers.
[[nodiscard]] constexpr std::size_t packet_size(Version version, net::Family family,
                                                std::size_t addresses) {
  return (family == net::Family::kIpv4 ? kIpv4Header : kIpv6Header) +
         message_size(version, family, addresses);
}

/// Values of the v2 field; others are reserved.
enum class AuthType : std::uint8_t { kNone = 0, kSimpleText = 1, kAuthenticationHeader = 2 };

/// What a decoded message says. Still to be admitted by the virtual router that it is meant for.
struct Advertisement {
  Version version = Version::kV3;
  net::Family family = net::Family::kIpv4;
  VirtualRouterId vrid;
  Priority priority;
  base::Centiseconds interval{};   // v2: whole seconds as centiseconds; 0 as received
  std::uint8_t auth_type = 0;      // v2; an AuthType or a reserved value
  SimpleText auth_data{};          // v2
  VerifiedForms forms;             // v3 over IPv4: the checksum forms that fit
  std::uint8_t address_count = 0;  // entries of address_list
  net::IpAddress source;
  net::IpAddress destination;
  std::span<const std::byte> address_list;  // in the received packet
};

}  // namespace keelvip::vrrp
