// The metrics of a Snapshot. Called by httpapi on its thread, once per Snapshot and format. Pure;
// label values are names from specs, interfaces and enumerations, never text from the network, so
// that the number of series is bounded by the specs.
#pragma once

#include <string>

#include "pkg/status/exposition.h"
#include "pkg/status/snapshot.h"

namespace keelvip::status {

void write_metrics(const Snapshot& snapshot, ExpositionWriter& out);

/// The whole exposition, its end included.
[[nodiscard]] std::string prometheus_text(const Snapshot& snapshot, ExpositionFormat format);

}  // namespace keelvip::status
