#include "pkg/guard/restart_pacing.h"

#include <algorithm>

namespace keelvip::guard {

base::Duration RestartPacing::after(base::Duration lived) {
  const bool afresh = lived >= kHealthy || pause_ == base::Duration{};
  pause_ = afresh ? kFirst : std::min(2 * pause_, kLongest);
  return pause_;
}

}  // namespace keelvip::guard
