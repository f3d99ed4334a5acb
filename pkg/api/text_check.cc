#include "pkg/api/text_check.h"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace keelvip::api {
namespace {

/// How many bytes the sequence at the start of `text` has; 0: it is not UTF-8. The second byte's
/// narrower ranges rule out overlong forms, surrogates and what lies beyond U+10FFFF.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    low = lead == 0xe0 ? 0xa0 : low;
    high = lead == 0xed ? 0x9f : high;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    low = lead == 0xf0 ? 0x90 : low;
    high = lead == 0xf4 ? 0x8f : high;
  }
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  return length;
}

}  // namespace

std::optional<FieldError> find_text_defect(std::string_view text) {
  Position position{1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) {
      return FieldError{
          position, "",
          fmt::format("this is not UTF-8 text: byte 0x{:02x} at offset {}", byte, at)};
    }
    const bool allowed = byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
    if (!allowed || byte == 0x7f) {
      return FieldError{
          position, "",
          fmt::format("this is not a text file: control character 0x{:02x} at offset {}", byte,
                      at)};
    }
    at += length;
    if (byte == '\n') {
      position = {position.line + 1, 1};
    } else {
      ++position.column;
    }
  }
  return std::nullopt;
}

std::string without_controls(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    const auto next = static_cast<std::uint8_t>(at + 1 < text.size() ? text[at + 1] : 0);
    const bool second_set = byte == 0xc2 && next >= 0x80 && next <= 0x9f;
    if (second_set) {
      ++at;
    }
    safe += second_set || byte < 0x20 || byte == 0x7f ? '?' : text[at];
  }
  return safe;
}

}  // namespace keelvip::api
