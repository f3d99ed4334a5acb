#include "pkg/net/checksum.h"

namespace keelvip::net {

void ChecksumSum::add(std::span<const std::byte> bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    sum_ += (std::to_integer<std::uint32_t>(bytes[i]) << 8U) |
            std::to_integer<std::uint32_t>(bytes[i + 1]);
  }
  if (i < bytes.size()) {
    sum_ += std::to_integer<std::uint32_t>(bytes[i]) << 8U;
  }
}

void ChecksumSum::add(const IpAddress& address) {
  add(std::as_bytes(address.bytes()));
}

std::uint16_t ChecksumSum::finish() const {
  std::uint64_t folded = sum_;
  while (folded >> 16U != 0) {
    folded = (folded & 0xffffU) + (folded >> 16U);
  }
  return static_cast<std::uint16_t>(~folded & 0xffffU);
}

void add_pseudo_header(ChecksumSum& sum, const IpAddress& source, const IpAddress& destination,
                       std::uint8_t protocol, std::uint32_t length) {
  sum.add(source);
  sum.add(destination);
  sum.add(std::uint32_t{protocol});
  sum.add(length);
}

}  // namespace keelvip::net
