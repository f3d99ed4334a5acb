#include <ostream>

#include "cmd/keelvip/commands.h"
#include "pkg/agent/agent.h"

namespace keelvip::cmd {

int run_agent(const agent::Options& options, std::ostream& err) {
  const auto conclude = [&](const base::Result<void>& outcome) -> int {
    if (!outcome) {
      err << "keelvip: " << outcome.error().message << "\n";
      return kEnvironment;
    }
    return kOk;
  };
  const auto exit_code = agent::run(options, conclude);
  return exit_code ? *exit_code : conclude(base::unexpected(exit_code.error()));
}

}  // namespace keelvip::cmd
