#include "pkg/net/ip_address.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "pkg/base/check.h"

namespace keelvip::net {
namespace {

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) {
      if (at >= text.size() || text[at] != '.') {
        return std::nullopt;
      }
      ++at;
    }
    const std::size_t start = at;
    unsigned value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < 3) {
      value = value * 10 + static_cast<unsigned>(text[at] - '0');
      ++at;
    }
    const std::size_t digits = at - start;
    // A leading zero means octal to some readers and decimal to others, so it means neither here.
    if (digits == 0 || value > 255 || (digits > 1 && text[start] == '0')) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(value);
  }
  return at == text.size() ? std::optional(bytes) : std::nullopt;
}

std::optional<unsigned> parse_hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : text) {
    value <<= 4U;
    if (c >= '0' && c <= '9') {
      value |= static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value |= static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value |= static_cast<unsigned>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

/// One side of "::", or the whole address: groups joined by ':', the last of which may be a dotted
/// quad. Returns the bytes it stands for.
struct Half {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;

  bool push(unsigned value) {
    if (size >= bytes.size()) {
      return false;
    }
    bytes[size++] = static_cast<std::uint8_t>(value);
    return true;
  }
};

std::optional<Half> parse_groups(std::string_view text, bool may_end_dotted) {
  Half half;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && may_end_dotted && group.find('.') != std::string_view::npos) {
      const auto quad = parse_v4(group);
      if (!quad || !std::all_of(quad->begin(), quad->end(), [&](auto b) { return half.push(b); })) {
        return std::nullopt;
      }
      return half;
    }
    const auto value = parse_hex_group(group);
    if (!value || !half.push(*value >> 8U) || !half.push(*value & 0xffU)) {
      return std::nullopt;
    }
    if (last) {
      return half;
    }
    text.remove_prefix(colon + 1);
    if (text.empty()) {
      return std::nullopt;
    }
  }
  return half;
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto whole = parse_groups(text, true);
    return whole && whole->size == 16 ? std::optional(whole->bytes) : std::nullopt;
  }
  const auto front = parse_groups(text.substr(0, gap), false);
  const auto back = parse_groups(text.substr(gap + 2), true);
  if (!front || !back || front->size + back->size > 14) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes = front->bytes;
  std::copy_n(back->bytes.begin(), back->size,
              bytes.end() - static_cast<std::ptrdiff_t>(back->size));
  return bytes;
}

std::string print_v6(std::span<const std::uint8_t> bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i] << 8U) | bytes[2 * i + 1];
  }
  // RFC 5952 4.2: the longest run of at least two zero groups, the first of equals, becomes "::".
  std::size_t best_start = 0;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) {
      ++end;
    }
    if (end - i > best_length) {
      best_start = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (best_length > 1 && i == best_start) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') {
      text += ':';
    }
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

}  // namespace

IpAddress IpAddress::from_bytes(Family family, std::span<const std::byte> bytes) {
  IpAddress address;
  address.family_ = family;
  KEELVIP_CHECK(bytes.size() == address.size());
  std::transform(bytes.begin(), bytes.end(), address.bytes_.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return address;
}

base::Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    if (const auto bytes = parse_v4(text)) {
      return v4(*bytes);
    }
  } else if (const auto bytes = parse_v6(text)) {
    return v6(*bytes);
  }
  return base::unexpected(base::report_error(fmt::format("\"{}\" is not an IP address", text)));
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_multicast() const {
  return family_ == Family::kIpv4 ? (bytes_[0] & 0xf0U) == 0xe0U : bytes_[0] == 0xffU;
}

bool IpAddress::is_loopback() const {
  if (family_ == Family::kIpv4) {
    return bytes_[0] == 127;
  }
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
}

bool IpAddress::is_link_local() const {
  if (family_ == Family::kIpv4) {
    return bytes_[0] == 169 && bytes_[1] == 254;
  }
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80U;
}

bool IpAddress::is_broadcast() const {
  return family_ == Family::kIpv4 &&
         std::all_of(bytes_.begin(), bytes_.begin() + 4, [](auto b) { return b == 255; });
}

bool IpAddress::is_unicast() const {
  if (family_ == Family::kIpv4) {
    return bytes_[0] != 0 && bytes_[0] != 127 && bytes_[0] < 224;
  }
  const bool mapped =
      bytes_[10] == 0xff && bytes_[11] == 0xff &&
      std::all_of(bytes_.begin(), bytes_.begin() + 10, [](auto b) { return b == 0; });
  return !is_unspecified() && !is_multicast() && !is_loopback() && !mapped;
}

std::string IpAddress::to_string() const {
  if (family_ == Family::kIpv4) {
    return fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  }
  return print_v6(bytes());
}

}  // namespace keelvip::net
