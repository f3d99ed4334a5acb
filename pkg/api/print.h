// Prints a Node tree as JSON or YAML text, for the endpoints and for `get -o json|yaml`. The tree's
// strings must be UTF-8, as all parsers ensure; its depth is bounded by them too. Pure; on any
// thread.
#pragma once

#include <string>

#include "pkg/api/node.h"

namespace keelvip::api {

/// JSON (RFC 8259). `indent` 0: one line without spaces; otherwise that many spaces a level and a
/// newline at the end.
[[nodiscard]] std::string to_json(const Node& node, int indent = 0);

/// A YAML document in block style, without "---"; every YAML 1.1 or 1.2 reader gets the same tree.
[[nodiscard]] std::string to_yaml(const Node& node);

}  // namespace keelvip::api
