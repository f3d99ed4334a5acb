// Limits of the listener. The defaults suit a read-only endpoint of a daemon that must not be
// disturbed by whoever asks it; tests use smaller ones.
#pragma once

#include <cstddef>

#include "pkg/base/time.h"

namespace keelvip::httpapi {

struct Limits {
  /// When one more comes, the oldest that is not being answered makes room.
  std::size_t connections = 128;
  base::Duration head = base::Milliseconds{5'000};    // from the first byte to the empty line
  base::Duration idle = base::Milliseconds{60'000};   // between two requests
  base::Duration write = base::Milliseconds{20'000};  // for one reply
  base::Duration linger = base::Milliseconds{1'000};
  /// Different pages that slow readers hold, in bytes; above it the oldest readers are cut off.
  std::size_t held_pages = std::size_t{32} << 20U;
  /// Rendered pages are kept this long for the next reader.
  base::Duration keep_rendered = base::Milliseconds{2'000};
};

}  // namespace keelvip::httpapi
