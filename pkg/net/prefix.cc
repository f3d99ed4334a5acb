#include "pkg/net/prefix.h"

#include <charconv>

#include <fmt/format.h>

namespace keelvip::net {

base::Result<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return base::unexpected(address.error());
  }
  if (slash == std::string_view::npos) {
    return Prefix{*address, address->bits()};
  }
  const std::string_view digits = text.substr(slash + 1);
  std::uint8_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const bool leading_zero = digits.size() > 1 && digits.front() == '0';
  if (error != std::errc{} || end != digits.data() + digits.size() || leading_zero ||
      length > address->bits()) {
    return base::unexpected(base::report_error(
        fmt::format("\"{}\" has no valid prefix length: it must be 0..{}", text, address->bits())));
  }
  return Prefix{*address, length};
}

bool Prefix::contains(const IpAddress& other) const {
  if (other.family() != address.family()) {
    return false;
  }
  const auto ours = address.bytes();
  const auto theirs = other.bytes();
  const std::size_t whole = length / 8U;
  for (std::size_t i = 0; i < whole; ++i) {
    if (ours[i] != theirs[i]) {
      return false;
    }
  }
  const unsigned rest = length % 8U;
  return rest == 0 || ((ours[whole] ^ theirs[whole]) >> (8U - rest)) == 0;
}

std::string Prefix::to_string() const {
  return fmt::format("{}/{}", address.to_string(), length);
}

}  // namespace keelvip::net
