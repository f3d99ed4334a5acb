// The metrics that each virtual router has, labelled {virtualip, family}. Used by metrics; pure.
#pragma once

#include "pkg/status/exposition.h"
#include "pkg/status/snapshot.h"

namespace keelvip::status {

void write_router_metrics(const Snapshot& snapshot, ExpositionWriter& out);

}  // namespace keelvip::status
