// A Snapshot for tests: a node that is Active for `web` (IPv4 and IPv6), in Fault for `db`, and
// refuses one document. Everything in it is fixed, so whole texts can be compared. Used by the
// tests of status, httpapi and the commands, on their main thread; no part of the program.
#pragma once

#include "pkg/status/snapshot.h"

namespace keelvip::status {

/// The password that must not be found anywhere.
inline constexpr const char* kExamplePassword = "s3cr3t!!";

[[nodiscard]] Snapshot example_snapshot();

/// `count` VIPs like `web`, for measurements.
[[nodiscard]] Snapshot crowded_snapshot(int count);

}  // namespace keelvip::status
