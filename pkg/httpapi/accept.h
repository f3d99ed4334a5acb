// Content negotiation of /metrics. Pure.
#pragma once

#include <string_view>

#include "pkg/status/exposition.h"

namespace keelvip::httpapi {

/// What an Accept header asks for: OpenMetrics if it names it and wants nothing more than that,
/// else the text format that everybody reads (RFC 9110 12.5.1).
[[nodiscard]] status::ExpositionFormat preferred_format(std::string_view accept);

}  // namespace keelvip::httpapi
