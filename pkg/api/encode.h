// encode: a VirtualIp as the document it came from, every default spelled out. `get` and the
// /apis endpoint show it. decode(encode(vip)) is the identity when the password is kept. Pure; on
// any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "pkg/api/node.h"
#include "pkg/api/virtual_ip.h"

namespace keelvip::api {

/// What stands for a password, or for the value of a header of an HTTP check, that is not shown.
/// The decoder refuses it, so that a copy of the output is not taken for the secret.
inline constexpr std::string_view kRedacted = "<redacted>";

enum class Secrets : std::uint8_t { kRedact, kKeep };

/// {apiVersion, kind, metadata, spec}. A password read from a file is never shown: its file is.
[[nodiscard]] Node encode(const VirtualIp& vip, Secrets secrets = Secrets::kRedact);

}  // namespace keelvip::api
