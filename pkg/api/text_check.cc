#include "pkg/api/text_check.h"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "pkg/base/utf8.h"

namespace keelvip::api {

std::optional<FieldError> find_text_defect(std::string_view text) {
  Position position{1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    const std::size_t length = base::utf8_length(text.substr(at));
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
