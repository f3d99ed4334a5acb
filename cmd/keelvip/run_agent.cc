#include <ostream>

#include "cmd/keelvip/commands.h"
#include "pkg/agent/agent.h"

namespace keelvip::cmd {

int run_agent(const agent::Options& options, std::ostream& err) {
  if (const auto outcome = agent::run(options); !outcome) {
    err << "keelvip: " << outcome.error().message << "\n";
    return kEnvironment;
  }
  return kOk;
}

}  // namespace keelvip::cmd
