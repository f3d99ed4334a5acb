// The commands of `keelvip`, one function each: options in, exit code out. main.cc parses the
// command line into the options and does nothing else. Each runs on the main thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "cmd/keelvip/client.h"
#include "cmd/keelvip/exit_code.h"
#include "pkg/agent/agent.h"
#include "pkg/drain/drain_file.h"

namespace keelvip::cmd {

/// Runs the agent until it is told to stop; an error is printed to `err`.
int run_agent(const agent::Options& options, std::ostream& err);

/// Checks the files and prints one line per error, FILE:LINE:COLUMN: FIELD: REASON, to `err`.
/// Exit code 1 if any is wrong, 3 if something could not be read.
int validate(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err);

struct PlanOptions {
  std::string config_directory;
  std::string state_directory = drain::kDefaultDirectory;
  std::string node_name;  // empty: the one of the running agent, else default_node_name
  std::string default_node_name;
  std::string endpoint = kDefaultEndpoint;  // of a running agent, asked for the roles
  /// Whether an agent runs on this node, be it that it does not answer at `endpoint`.
  std::function<bool()> agent_runs;
};

/// Prints what the agent would change on this node now, and why. Changes nothing. Exit code 1 if a
/// document is wrong; 3 if a file cannot be read, or an agent runs but does not tell what it holds.
int plan(const PlanOptions& options, std::ostream& out, std::ostream& err);

/// "keelvip 1.2.3 (commit abc1234, GCC 12.2.0)".
std::string version_line();

/// Prints version_line(), as --version does.
int version(std::ostream& out);

}  // namespace keelvip::cmd
