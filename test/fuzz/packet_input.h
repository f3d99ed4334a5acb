// Packets as fuzz inputs: a byte of flags, for IPv6 what the kernel tells beside the packet, and
// the packet. And what a mutation breaks without meaning to: lengths, counts and checksums, mended
// so that the checks behind them are reached.
#pragma once

#include <cstdint>

#include "input.h"
#include "pkg/vrrp/peer_packet.h"

namespace keelvip::fuzz {

/// Takes the rest of `input`.
[[nodiscard]] vrrp::PeerPacket read_packet(Input& input);

/// What `choice` says: bit 0 the IPv4 total length, bit 1 the address count, bit 2 the checksum,
/// bit 3 its form (v3 over IPv4).
void mend(vrrp::PeerPacket& packet, unsigned choice);

}  // namespace keelvip::fuzz
