// The JSON of the endpoints, made from a Snapshot: the node's whole status, and VirtualIP objects
// as Kubernetes would show them. Called by httpapi, once per Snapshot. Pure; passwords never
// appear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/status/snapshot.h"

namespace keelvip::status {

/// The body of /status: node, version, specs with refused documents, speaker and kernel counters,
/// and `items`, the VirtualIP objects with everything known about them.
[[nodiscard]] std::string to_json(const Snapshot& snapshot);

/// A VirtualIPList. Its objects lack what changes all the time (`statistics` of the routers), which
/// has no place in a Kubernetes object.
[[nodiscard]] std::string virtual_ips_json(const Snapshot& snapshot);

/// One object of that list; nullopt if there is none of that name.
[[nodiscard]] std::optional<std::string> virtual_ip_json(const Snapshot& snapshot,
                                                         std::string_view name);

}  // namespace keelvip::status
