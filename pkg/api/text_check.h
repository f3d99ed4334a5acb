// Finds what makes a file no text: bytes that are not UTF-8, and control characters. Every parser
// asks first, so that nothing behind it meets such bytes. And replaces those that an escape in a
// document, or an agent's answer, brought in. Pure; called by parse_json here, by the YAML reader
// of specfile and by the commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/api/field_error.h"

namespace keelvip::api {

/// The first defect of `text`; nullopt: it is UTF-8 (RFC 3629) whose only control characters are
/// tab, newline and carriage return.
[[nodiscard]] std::optional<FieldError> find_text_defect(std::string_view text);

/// `text`, safe on a terminal and on one line: a '?' for every control character, those of
/// ISO 6429's second set (U+0080 to U+009F) included, which some terminals obey in UTF-8 too.
[[nodiscard]] std::string without_controls(std::string_view text);

}  // namespace keelvip::api
