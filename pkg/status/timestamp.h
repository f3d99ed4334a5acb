// Timestamps as Kubernetes writes them: RFC 3339 in UTC. Pure; any thread.
#pragma once

#include <string>

#include "pkg/base/time.h"

namespace keelvip::status {

/// "2026-01-31T23:59:59Z", as metav1.Time. Fractions are cut.
[[nodiscard]] std::string rfc3339_seconds(base::WallTime at);

/// "2026-01-31T23:59:59.000123Z", as metav1.MicroTime.
[[nodiscard]] std::string rfc3339_micros(base::WallTime at);

}  // namespace keelvip::status
