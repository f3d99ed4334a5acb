// Result<T>: a value or the Error that explains its absence. No exceptions cross a package
// boundary, and there are no bool returns or out-parameters for failures. Returned by everything
// that can fail, on every thread.
#pragma once

#include <tl/expected.hpp>

#include "pkg/base/error.h"

namespace keelvip::base {

template <typename T>
using Result = tl::expected<T, Error>;

using tl::unexpected;

}  // namespace keelvip::base
