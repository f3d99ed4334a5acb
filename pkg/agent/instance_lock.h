// InstanceLock: at most one agent in a network namespace, since two would claim the same addresses
// as their own. The guard takes it before there is a worker, and each worker inherits it; the
// kernel releases it when the last of them is dead. The commands beside it ask whether it is held.
#pragma once

#include "pkg/base/result.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::agent {

class InstanceLock {
 public:
  /// Errors: kReport when another agent holds it.
  static base::Result<InstanceLock> take();

  /// Whether an agent holds it now. For the commands that stand beside an agent.
  [[nodiscard]] static bool is_held();

 private:
  explicit InstanceLock(runtime::UniqueFd socket) : socket_(std::move(socket)) {}

  runtime::UniqueFd socket_;
};

}  // namespace keelvip::agent
