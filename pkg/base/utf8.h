// UTF-8 (RFC 3629): how long a valid character is. Text from the outside (a document, a check's
// output, a label) is refused, or passed on with a mark in place of each byte that is not valid:
// JSON, Prometheus and terminals demand it. Pure; any thread; called by every parser and writer.
#pragma once

#include <cstddef>
#include <string_view>

namespace keelvip::base {

/// What stands in place of each invalid byte: U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Length in bytes (1..4) of the character at the start of `text`, 0 if it is not valid UTF-8
/// (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). `text` is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace keelvip::base
