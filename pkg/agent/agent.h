// The agent: maps the two cores and the edges onto threads of a worker process, starts them in an
// order in which each finds what it needs, and stops them so that every address is given up first.
// `keelvip agent` calls it, on the main thread, which becomes the guard of the worker.
#pragma once

#include <functional>
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

/// Turns the end of a worker into an exit code. An error is what forbids the start, as a sentence
/// that says what to do.
using Conclude = std::function<int(const base::Result<void>&)>;

/// Runs until SIGTERM or SIGINT and returns the exit code after a graceful stop, or that of a
/// worker that could not start. SIGUSR1 drains the node, SIGUSR2 ends that, SIGHUP reads the specs
/// again at once. `conclude` is called in the worker. Errors: there can be no worker, or another
/// agent runs.
[[nodiscard]] base::Result<int> run(const Options& options, const Conclude& conclude);

}  // namespace keelvip::agent
