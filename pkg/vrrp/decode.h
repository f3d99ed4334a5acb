// The receiving half of the codec: from a raw packet to an Advertisement, or to the first reason
// not to take it. Checks what the packet alone can tell (RFC 9568 7.1, the order of Rejection);
// what needs the virtual router's settings is admit.h's. Never reads past the packet. Pure; speaker
// thread, hot path.
#pragma once

#include <cstdint>
#include <optional>

#include "pkg/base/result.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/packet.h"
#include "pkg/vrrp/advertisement.h"
#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

enum class Transport : std::uint8_t { kMulticast, kUnicast };

/// What the virtual router named in a packet lets through before its state matters. The default is
/// for a VRID that is not ours: such a packet is still judged, so that the counters that belong to
/// no virtual router are right.
struct Expectation {
  Transport transport = Transport::kMulticast;
  std::optional<Version> version{};  // unset: any
  std::optional<net::IpAddress> own_address{};
  ChecksumPolicy checksum = ChecksumPolicy::kAuto;  // v3 over IPv4
  bool require_link_local_source = false;           // IPv6
};

/// The VRID field, read without any check but the packet's bounds; unset when it ends before.
[[nodiscard]] std::optional<VirtualRouterId> peek_vrid(const net::ReceivedPacket& packet);

/// The sender's address, as little checked; unset when the packet ends before.
[[nodiscard]] std::optional<net::IpAddress> peek_source(const net::ReceivedPacket& packet);

/// The result points into `packet`.
[[nodiscard]] tl::expected<Advertisement, Rejection> decode(const net::ReceivedPacket& packet,
                                                            const Expectation& expectation);

}  // namespace keelvip::vrrp
