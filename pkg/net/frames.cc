#include "pkg/net/frames.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "pkg/base/check.h"
#include "pkg/net/checksum.h"

namespace keelvip::net {
namespace {

/// Writes fields one after the other into a frame of known size.
class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}

  Writer& bytes(std::span<const std::uint8_t> values) {
    KEELVIP_CHECK(values.size() <= out_.size());
    std::ranges::copy(std::as_bytes(values), out_.begin());
    out_ = out_.subspan(values.size());
    return *this;
  }
  Writer& u8(unsigned value) {
    const std::array byte{static_cast<std::uint8_t>(value)};
    return bytes(byte);
  }
  Writer& u16(unsigned value) { return u8(value >> 8U).u8(value & 0xffU); }
  Writer& u32(std::uint32_t value) { return u16(value >> 16U).u16(value & 0xffffU); }
  [[nodiscard]] bool done() const { return out_.empty(); }

 private:
  std::span<std::byte> out_;
};

constexpr MacAddress kAllNodesMac{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};
constexpr IpAddress kAllNodes =
    IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01});
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint32_t kAdvertisementSize = 32;

}  // namespace

std::array<std::byte, 42> gratuitous_arp(const MacAddress& sender, const IpAddress& address) {
  KEELVIP_CHECK(address.family() == Family::kIpv4);
  std::array<std::byte, 42> frame{};
  Writer writer(frame);
  writer.bytes(kBroadcastMac.bytes).bytes(sender.bytes).u16(0x0806);
  writer.u16(1).u16(0x0800).u8(6).u8(4).u16(1);
  writer.bytes(sender.bytes).bytes(address.bytes());
  writer.bytes(kBroadcastMac.bytes).bytes(address.bytes());
  KEELVIP_CHECK(writer.done());
  return frame;
}

std::array<std::byte, 86> unsolicited_neighbor_advertisement(const MacAddress& sender,
                                                             const IpAddress& address) {
  KEELVIP_CHECK(address.family() == Family::kIpv6);
  std::array<std::byte, 86> frame{};
  Writer writer(frame);
  writer.bytes(kAllNodesMac.bytes).bytes(sender.bytes).u16(0x86dd);
  writer.u32(0x60000000).u16(kAdvertisementSize).u8(kIcmpv6).u8(255);
  writer.bytes(address.bytes()).bytes(kAllNodes.bytes());
  writer.u8(136).u8(0).u16(0).u32(0xa0000000);
  writer.bytes(address.bytes()).u8(2).u8(1).bytes(sender.bytes);
  KEELVIP_CHECK(writer.done());

  constexpr std::size_t kMessageOffset = 14 + 40;
  ChecksumSum sum;
  add_pseudo_header(sum, address, kAllNodes, kIcmpv6, kAdvertisementSize);
  sum.add(std::span(frame).subspan(kMessageOffset));
  Writer(std::span(frame).subspan(kMessageOffset + 2, 2)).u16(sum.finish());
  return frame;
}

}  // namespace keelvip::net
