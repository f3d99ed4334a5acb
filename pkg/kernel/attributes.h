// Attributes: the attributes of a received rtnetlink message by their number, parsed by libnl,
// which stays in attributes.cc. Views into the received bytes. Internal to `kernel`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace keelvip::kernel {

class Attributes {
 public:
  /// Attributes with greater numbers are passed over.
  static constexpr int kLast = 63;

  /// `bytes` holds attributes only. nullopt when they are malformed.
  static std::optional<Attributes> parse(std::span<const std::byte> bytes);

  /// The payload; nullopt when the attribute is absent.
  [[nodiscard]] std::optional<std::span<const std::byte>> bytes(int attribute) const;
  /// nullopt also when the payload is shorter than the number.
  [[nodiscard]] std::optional<std::uint8_t> u8(int attribute) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(int attribute) const;
  /// Up to the terminating zero or the end.
  [[nodiscard]] std::optional<std::string_view> text(int attribute) const;
  [[nodiscard]] std::optional<Attributes> nested(int attribute) const;

 private:
  // A null pointer is an absent attribute; an empty payload still points into the message.
  std::array<std::span<const std::byte>, kLast + 1> values_{};
};

}  // namespace keelvip::kernel
