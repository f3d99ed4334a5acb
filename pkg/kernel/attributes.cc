#include "pkg/kernel/attributes.h"

#include <cstring>

#include <netlink/attr.h>

namespace keelvip::kernel {

std::optional<Attributes> Attributes::parse(std::span<const std::byte> bytes) {
  std::array<nlattr*, kLast + 1> table{};
  // libnl only reads; its interface predates const.
  auto* first = reinterpret_cast<nlattr*>(const_cast<std::byte*>(bytes.data()));
  if (nla_parse(table.data(), kLast, first, static_cast<int>(bytes.size()), nullptr) < 0) {
    return std::nullopt;
  }
  Attributes attributes;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i] != nullptr) {
      attributes.values_[i] = {static_cast<const std::byte*>(nla_data(table[i])),
                               static_cast<std::size_t>(nla_len(table[i]))};
    }
  }
  return attributes;
}

std::optional<std::span<const std::byte>> Attributes::bytes(int attribute) const {
  const auto value = values_.at(static_cast<std::size_t>(attribute));
  return value.data() == nullptr ? std::nullopt : std::optional(value);
}

std::optional<std::uint8_t> Attributes::u8(int attribute) const {
  const auto value = bytes(attribute);
  if (!value || value->empty()) {
    return std::nullopt;
  }
  return std::to_integer<std::uint8_t>(value->front());
}

std::optional<std::uint32_t> Attributes::u32(int attribute) const {
  const auto value = bytes(attribute);
  if (!value || value->size() < sizeof(std::uint32_t)) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  std::memcpy(&number, value->data(), sizeof(number));
  return number;
}

std::optional<std::string_view> Attributes::text(int attribute) const {
  const auto value = bytes(attribute);
  if (!value) {
    return std::nullopt;
  }
  const std::string_view text(reinterpret_cast<const char*>(value->data()), value->size());
  return text.substr(0, text.find('\0'));
}

std::optional<Attributes> Attributes::nested(int attribute) const {
  const auto value = bytes(attribute);
  return value ? parse(*value) : std::nullopt;
}

}  // namespace keelvip::kernel
