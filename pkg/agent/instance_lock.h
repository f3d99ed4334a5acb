// InstanceLock: at most one agent in a network namespace, since two would claim the same addresses
// as their own. Held until destroyed; the kernel releases it when the process dies.
#pragma once

#include "pkg/base/result.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::agent {

class InstanceLock {
 public:
  /// Errors: kReport when another agent holds it.
  static base::Result<InstanceLock> take();

 private:
  explicit InstanceLock(runtime::UniqueFd socket) : socket_(std::move(socket)) {}

  runtime::UniqueFd socket_;
};

}  // namespace keelvip::agent
