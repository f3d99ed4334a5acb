// `keelvip drain` and `keelvip undrain`: take this node out of service, and back. They write the
// drain file, which is all that it takes, then watch the agent obey. Main thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "cmd/keelvip/client.h"
#include "pkg/base/time.h"
#include "pkg/drain/drain_file.h"

namespace keelvip::cmd {

struct DrainOptions {
  std::string state_directory = drain::kDefaultDirectory;
  std::string reason;                              // of `drain`; empty: none given
  base::Duration wait = std::chrono::seconds(30);  // zero: do not look what becomes of it
  std::string endpoint = kDefaultEndpoint;
  /// Whether an agent runs on this node, be it that it does not answer at `endpoint`.
  std::function<bool()> agent_runs;
};

/// Exit code 0 when the node holds no VIP any more, or no agent runs: then it will start drained.
/// 1 if after the wait a VIP is still here; 3 if the file cannot be written or nobody can be asked.
int drain(const DrainOptions& options, std::ostream& out, std::ostream& err);

/// Waits until it is decided whether this node holds the VIPs again or somebody better does, and
/// for health checks that have no result yet. Exit code 0 when the node takes part again, or no
/// agent runs: then it will when one starts. 1 if it cannot take part in some VIP, or does not
/// after the wait; 3 as for drain().
int undrain(const DrainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace keelvip::cmd
