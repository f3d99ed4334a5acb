// What crosses between a raw socket and the Speaker: packets in, frames out. The bytes are not
// interpreted here; `wire` and the simulator only carry them. Speaker thread, hot path: no
// allocation in steady state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"

namespace keelvip::net {

/// One packet as a raw IP socket delivers it. Linux gives the IPv4 header with the data but strips
/// the IPv6 header, whose facts arrive as ancillary data (RFC 3542).
struct ReceivedPacket {
  InterfaceIndex interface;  // where it arrived
  Family family = Family::kIpv4;
  bool truncated = false;            // the buffer was too small for it
  IpAddress source;                  // IPv6 only
  IpAddress destination;             // IPv6 only
  std::uint8_t hop_limit = 0;        // IPv6 only
  std::span<const std::byte> bytes;  // IPv4: from the IP header on; IPv6: from the VRRP header on
};

/// Ethernet frames to send, in order, each with its interface. One contiguous buffer that keeps its
/// capacity over clear().
class FrameBatch {
 public:
  struct Frame {
    InterfaceIndex interface;
    std::span<const std::byte> bytes;  // from the Ethernet header on
  };

  /// Appends room for a frame of `size` bytes, zeroed. The span is valid until the next append.
  std::span<std::byte> append(InterfaceIndex interface, std::size_t size) {
    entries_.push_back({interface, buffer_.size(), size});
    buffer_.resize(buffer_.size() + size);
    return std::span(buffer_).last(size);
  }

  void append(InterfaceIndex interface, std::span<const std::byte> frame) {
    std::ranges::copy(frame, append(interface, frame.size()).begin());
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] Frame operator[](std::size_t i) const {
    const Entry& entry = entries_[i];
    return {entry.interface, std::span(buffer_).subspan(entry.offset, entry.size)};
  }

  void clear() {
    entries_.clear();
    buffer_.clear();
  }

 private:
  struct Entry {
    InterfaceIndex interface;
    std::size_t offset;
    std::size_t size;
  };
  std::vector<Entry> entries_;
  std::vector<std::byte> buffer_;
};

}  // namespace keelvip::net
