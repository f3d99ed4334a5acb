// What a plain YAML scalar means: the core schema of YAML 1.2 (section 10.3.2), and a refusal of
// what other readers of YAML take for something else. Internal to specfile; pure. Called by the
// YAML parser for every scalar without quotes.
#pragma once

#include <string>
#include <string_view>

#include "pkg/api/node.h"
#include "pkg/base/result.h"

namespace keelvip::specfile {

/// The error says what is ambiguous; it never holds the text, which may be a password.
[[nodiscard]] tl::expected<api::Node, std::string> read_plain_scalar(std::string_view text);

}  // namespace keelvip::specfile
