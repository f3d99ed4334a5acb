// Parses JSON text (RFC 8259) into Node trees that know their positions. Strict where common
// parsers are silent: duplicate names, numbers too large, bad UTF-8, lone surrogates. Bounded: it
// never recurses deeper than kMaxDepth. For *.json files and objects from an API server.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/api/node.h"

namespace keelvip::api {

/// The values of `text`, which follow each other with nothing but white space between (as kubectl
/// accepts them). What follows an error is not read: the error is the last element.
[[nodiscard]] std::vector<ParsedDocument> parse_json(std::string_view text);

}  // namespace keelvip::api
