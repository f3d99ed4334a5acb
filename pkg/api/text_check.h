// Finds what makes a file no text: bytes that are not UTF-8, and control characters. Every parser
// asks first, so that nothing behind it meets such bytes. Pure; called by parse_json here and by
// the YAML reader of specfile.
#pragma once

#include <optional>
#include <string_view>

#include "pkg/api/field_error.h"

namespace keelvip::api {

/// The first defect of `text`; nullopt: it is UTF-8 (RFC 3629) whose only control characters are
/// tab, newline and carriage return.
[[nodiscard]] std::optional<FieldError> find_text_defect(std::string_view text);

}  // namespace keelvip::api
