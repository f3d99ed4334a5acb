// Privileges: what the process takes while it still may (realtime priority, locked memory) and what
// it gives up before the first thread starts (every capability but the two it works with). Main
// thread.
#pragma once

#include <string>
#include <vector>

#include "pkg/base/result.h"

namespace keelvip::agent {

/// What could not be had, as sentences for the log; none of it is fatal.
using Shortfalls = std::vector<std::string>;

/// Checks that CAP_NET_ADMIN and CAP_NET_RAW are there, takes realtime priority and locks memory as
/// far as the system allows, then drops every other capability for good, from the bounding set too,
/// and forgoes core dumps. Threads started afterwards inherit all of it. Errors: kReport when a
/// needed capability is missing.
[[nodiscard]] base::Result<Shortfalls> settle_privileges();

}  // namespace keelvip::agent
