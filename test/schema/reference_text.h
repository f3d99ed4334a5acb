// Writes the field reference (docs/reference/virtualip.md) from the schema, so that the two cannot
// differ. Test code only: the test that compares them also rewrites the file when asked to.
// The thread of the test.
#pragma once

#include <string>

#include "pkg/api/node.h"

namespace keelvip::schema {

/// Markdown: a section for each object, a table row for each field.
[[nodiscard]] std::string reference_text(const api::Node& schema);

}  // namespace keelvip::schema
