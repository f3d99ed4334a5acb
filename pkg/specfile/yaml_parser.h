// parse_yaml: YAML text to Node trees, with the position of every value. It takes the subset that
// all readers agree on: no anchors, aliases, tags, directives, merge keys, duplicate or complex
// keys, and no scalar whose type is a matter of opinion. The only user of yaml-cpp, whose
// exceptions end here. Bounded in time and memory for any input. Any thread.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/api/node.h"

namespace keelvip::specfile {

/// The documents of `text`, those without content (or with comments only) left out. A document
/// that is no YAML is an error in its place and does not touch the others. Reasons never hold
/// scalars, only keys: a scalar may be a password.
[[nodiscard]] std::vector<api::ParsedDocument> parse_yaml(std::string_view text);

}  // namespace keelvip::specfile
