// Documents for the tests of api, as JSON text, and short ways to look at what becomes of them.
// Test code only: each function fails the test that calls it when its text is not what it should
// be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/decode.h"

namespace keelvip::api {

[[nodiscard]] Node parse_one(std::string_view text);

/// A document with this spec; the spec begins at line 2, column 1.
[[nodiscard]] std::string with_spec(std::string_view spec, std::string_view name = "web");

/// A valid document with these fields added to its spec.
[[nodiscard]] std::string with_fields(std::string_view fields, std::string_view name = "web");

[[nodiscard]] VirtualIp decoded(std::string_view text);

/// "field: reason" of every error; empty if the document is valid.
[[nodiscard]] std::vector<std::string> faults(std::string_view text);

/// The only error; fails the test if there are more or fewer.
[[nodiscard]] std::string fault(std::string_view text);

}  // namespace keelvip::api
