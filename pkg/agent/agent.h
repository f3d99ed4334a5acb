// The agent: maps the two cores and the edges onto threads, starts them in an order in which each
// finds what it needs, and stops them so that every address is given up first. `keelvip agent`
// calls it, on the main thread, which then waits for signals.
#pragma once

#include <string>

#include "pkg/base/result.h"
#include "pkg/drain/drain_file.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {

struct Options {
  std::string config_directory = "/etc/keelvip";
  std::string state_directory = drain::kDefaultDirectory;
  std::string node_name;
  std::string listen = "127.0.0.1:9477";
  runtime::LogFormat log_format = runtime::LogFormat::kText;
  runtime::LogLevel log_level = runtime::LogLevel::kInfo;
  std::string version;  // of the program
  std::string commit;
};

/// Runs until SIGTERM or SIGINT and returns after a graceful stop. SIGUSR1 drains the node, SIGUSR2
/// ends that. Errors: what forbids the start,
/// as a sentence that says what to do.
[[nodiscard]] base::Result<void> run(const Options& options);

}  // namespace keelvip::agent
