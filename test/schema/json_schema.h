// Judges a document by a JSON Schema (draft-07), as far as the schemas of this repository go. A
// keyword that it does not know fails the test that uses it, so that no rule is silently passed
// over. Test code only; the thread of the test.
#pragma once

#include <string>
#include <vector>

#include "pkg/api/node.h"

namespace keelvip::schema {

/// "path: keyword" of each rule that `document` breaks; empty: it is valid.
[[nodiscard]] std::vector<std::string> broken_rules(const api::Node& schema,
                                                    const api::Node& document);

}  // namespace keelvip::schema
