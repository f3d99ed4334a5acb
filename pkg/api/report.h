// The lines that tell a person why a document is refused, the same in `validate`, the log and the
// status: "web.yaml:12:5: spec.priority: must be ...", as compilers do it, so that editors can jump
// there. Pure; on any thread.
#pragma once

#include <string>
#include <string_view>

#include "pkg/api/spec_set.h"

namespace keelvip::api {

/// One error, with what of its place and field is known.
[[nodiscard]] std::string to_line(std::string_view source, const FieldError& error);

}  // namespace keelvip::api
