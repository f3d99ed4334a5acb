// The guard: a small parent process that starts the worker, carries out its testament when it dies
// of whatever, and starts it again. It has one thread, allocates nothing once it watches, keeps few
// capabilities, and is fit to be process 1 of a container. `agent` calls run() on the main thread
// before anything else exists; what it hands in is the worker's whole life.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "pkg/base/result.h"
#include "pkg/guard/death.h"
#include "pkg/guard/testament.h"
#include "pkg/runtime/log.h"
#include "pkg/runtime/notify.h"

namespace keelvip::guard {

struct Settings {
  runtime::LogFormat log_format = runtime::LogFormat::kText;
  const runtime::Notify* notify = nullptr;  // outlives run()
};

/// What a worker is given on its way.
struct Charge {
  Testament* testament = nullptr;  // to be kept up to date
  std::uint64_t restarts = 0;      // workers that died before this one
  std::optional<Death> last_death;
  std::string shortfall;  // what the guard could not have; empty: nothing
};

/// Runs in the worker's process, with SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 blocked, and
/// returns its exit code. It gets SIGTERM when the guard dies.
using Worker = std::function<int(const Charge&)>;

/// Returns the exit code of the program, in the guard only: when a worker ended by itself with 0,
/// ended after SIGTERM or SIGINT, or could not even start the first time. Any other end of a worker
/// is followed by a new one. SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 are handed on; SIGABRT,
/// by which systemd ends what hangs, kills the worker and returns. Errors: the worker cannot even
/// be forked.
[[nodiscard]] base::Result<int> run(const Settings& settings, const Worker& worker);

}  // namespace keelvip::guard
