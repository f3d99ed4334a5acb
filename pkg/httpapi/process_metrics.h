// The standard process_* metrics, read from /proc at every scrape: the one place where the agent
// looks at itself. httpapi's thread.
#pragma once

#include "pkg/status/exposition.h"

namespace keelvip::httpapi {

/// What the kernel does not tell is left out.
void write_process_metrics(status::ExpositionWriter& out);

}  // namespace keelvip::httpapi
