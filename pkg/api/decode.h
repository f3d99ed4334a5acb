// decode: from a document tree to a VirtualIp that cannot be wrong, or to everything that is wrong
// with it. Strict: an unknown field is an error. Pure; called by whoever reads specs (specfile,
// kubeapi) on its own thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pkg/api/field_error.h"
#include "pkg/api/node.h"
#include "pkg/api/origin.h"
#include "pkg/api/virtual_ip.h"
#include "pkg/base/result.h"

namespace keelvip::api {

/// Gives the content of a `passwordFile`. Its errors are shown to the user, so they must not hold
/// what the file does. An empty function means that there are no files here.
using PasswordReader = std::function<base::Result<std::string>(const std::string& path)>;

/// Where the values stand that can clash with another object's.
struct ClaimPositions {
  Position virtual_router_id;
  std::vector<Position> addresses;  // in the order of Spec::addresses
};

using Decoded = tl::expected<VirtualIp, std::vector<FieldError>>;

struct Document {
  Position position;
  std::string name;  // metadata.name; empty if it could not be read
  Decoded object;    // errors: at least one, sorted by position
  ClaimPositions claims;
};

/// One document. `origin.source` is left to the caller, and so is the order between objects.
[[nodiscard]] Document decode(const Node& root, const PasswordReader& read_password = {});

/// The same for what may also be a list of objects (kind List or VirtualIPList).
[[nodiscard]] std::vector<Document> decode_all(const Node& root,
                                               const PasswordReader& read_password = {});

}  // namespace keelvip::api
