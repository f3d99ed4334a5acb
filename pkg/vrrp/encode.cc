#include "pkg/vrrp/encode.h"

#include <algorithm>
#include <chrono>

#include "pkg/base/check.h"
#include "pkg/net/checksum.h"

namespace keelvip::vrrp {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint8_t kClassSelector6 = 0xc0;  // network control, as all VRRP speakers mark it
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint8_t kTtl = 255;
constexpr std::size_t kChecksumOffset = 6;
constexpr std::size_t kIpv4ChecksumOffset = 10;

constexpr net::MacAddress kGroupMacIpv4{{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12}};
constexpr net::MacAddress kGroupMacIpv6{{0x33, 0x33, 0x00, 0x00, 0x00, 0x12}};

class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}

  Writer& bytes(std::span<const std::byte> values) {
    KEELVIP_CHECK(values.size() <= out_.size());
    std::ranges::copy(values, out_.begin());
    out_ = out_.subspan(values.size());
    return *this;
  }
  Writer& bytes(std::span<const std::uint8_t> values) { return bytes(std::as_bytes(values)); }
  Writer& u8(std::uint8_t value) { return bytes(std::span(&value, 1)); }
  Writer& u16(std::uint16_t value) {
    return u8(static_cast<std::uint8_t>(value >> 8U)).u8(static_cast<std::uint8_t>(value & 0xffU));
  }
  Writer& u32(std::uint32_t value) {
    return u16(static_cast<std::uint16_t>(value >> 16U))
        .u16(static_cast<std::uint16_t>(value & 0xffffU));
  }

 private:
  std::span<std::byte> out_;
};

ChecksumForm form_on_wire(const MessageFields& fields, ChecksumForm chosen) {
  if (fields.version == Version::kV2) {
    return ChecksumForm::kMessageOnly;
  }
  return fields.family == net::Family::kIpv6 ? ChecksumForm::kPseudoHeader : chosen;
}

void write_header(const MessageFields& fields, std::size_t addresses, Writer& writer) {
  const auto version = static_cast<unsigned>(fields.version);
  writer.u8(static_cast<std::uint8_t>(version << 4U | kAdvertisementType));
  writer.u8(fields.vrid.value).u8(fields.priority.value);
  writer.u8(static_cast<std::uint8_t>(addresses));
  if (fields.version == Version::kV2) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(fields.interval);
    writer.u8(fields.auth_type).u8(static_cast<std::uint8_t>(seconds.count()));
  } else {
    // The upper four bits are reserved and zero.
    writer.u16(static_cast<std::uint16_t>(fields.interval.count() & 0x0fff));
  }
  writer.u16(0);
}

void write_ipv4_header(const net::IpAddress& source, std::span<std::byte> out, std::size_t total) {
  Writer writer(out);
  writer.u8(0x45).u8(kClassSelector6).u16(static_cast<std::uint16_t>(total));
  // An atomic datagram needs no identification (RFC 6864 4.1).
  writer.u16(0).u16(kDontFragment).u8(kTtl).u8(kVrrpProtocol).u16(0);
  writer.bytes(source.bytes()).bytes(kGroupIpv4.bytes());
  net::ChecksumSum sum;
  sum.add(out);
  Writer(out.subspan(kIpv4ChecksumOffset, 2)).u16(sum.finish());
}

void write_ipv6_header(const net::IpAddress& source, std::span<std::byte> out,
                       std::size_t payload) {
  Writer writer(out);
  writer.u32(0x60000000U | std::uint32_t{kClassSelector6} << 20U);
  writer.u16(static_cast<std::uint16_t>(payload)).u8(kVrrpProtocol).u8(kTtl);
  writer.bytes(source.bytes()).bytes(kGroupIpv6.bytes());
}

}  // namespace

void encode_message(const MessageFields& fields, std::span<const net::IpAddress> addresses,
                    ChecksumForm form, const net::IpAddress& source,
                    const net::IpAddress& destination, std::span<std::byte> out) {
  KEELVIP_CHECK(!addresses.empty() && addresses.size() <= kMaxAddresses);
  KEELVIP_CHECK(out.size() == message_size(fields.version, fields.family, addresses.size()));
  Writer writer(out);
  write_header(fields, addresses.size(), writer);
  for (const net::IpAddress& address : addresses) {
    KEELVIP_CHECK(address.family() == fields.family);
    writer.bytes(address.bytes());
  }
  if (fields.version == Version::kV2) {
    // Present without authentication too, as zeros (RFC 3768 5.3.10).
    writer.bytes(fields.auth_data);
  }
  Writer(out.subspan(kChecksumOffset, 2))
      .u16(compute_checksum(out, form_on_wire(fields, form), source, destination));
}

std::size_t frame_size(const MessageFields& fields, std::size_t addresses) {
  return kEthernetHeader + packet_size(fields.version, fields.family, addresses);
}

void encode_frame(const MessageFields& fields, std::span<const net::IpAddress> addresses,
                  ChecksumForm form, const net::MacAddress& source_mac,
                  const net::IpAddress& source, std::span<std::byte> out) {
  KEELVIP_CHECK(out.size() == frame_size(fields, addresses.size()));
  KEELVIP_CHECK(source.family() == fields.family);
  const bool ipv4 = fields.family == net::Family::kIpv4;
  const std::size_t message = message_size(fields.version, fields.family, addresses.size());
  Writer(out)
      .bytes((ipv4 ? kGroupMacIpv4 : kGroupMacIpv6).bytes)
      .bytes(source_mac.bytes)
      .u16(ipv4 ? 0x0800 : 0x86dd);
  if (ipv4) {
    write_ipv4_header(source, out.subspan(kEthernetHeader, kIpv4Header), kIpv4Header + message);
  } else {
    write_ipv6_header(source, out.subspan(kEthernetHeader, kIpv6Header), message);
  }
  encode_message(fields, addresses, form, source, group(fields.family), out.last(message));
}

}  // namespace keelvip::vrrp
