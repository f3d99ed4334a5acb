// The parts of the decoder, a file each: metadata, spec, addresses, health checks, and what a name
// is. Each reports what is wrong to `errors` and returns something harmless in its place. Internal
// to api; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/decode.h"
#include "pkg/api/object_reader.h"

namespace keelvip::api {

[[nodiscard]] Metadata decode_metadata(const Node& node, Errors& errors);
[[nodiscard]] Spec decode_spec(const Node& node, const PasswordReader& read_password,
                               ClaimPositions& claims, Errors& errors);
/// Link-local addresses come first among the IPv6 ones: RFC 9568 5.2.9 wants one there.
[[nodiscard]] std::vector<net::Prefix> decode_addresses(const Node& node, const std::string& path,
                                                        std::vector<Position>& positions,
                                                        Errors& errors);
[[nodiscard]] std::vector<HealthCheck> decode_checks(const Node& node, const std::string& path,
                                                     Errors& errors);

/// DNS-1123 subdomain, as Kubernetes' names: lower-case letters, digits, '-' and '.', at most 253.
[[nodiscard]] bool is_dns_subdomain(std::string_view name);
/// One part of it: no dots, at most 63.
[[nodiscard]] bool is_dns_label(std::string_view name);
/// An IP address or a host name.
[[nodiscard]] bool is_host(std::string_view text);

}  // namespace keelvip::api
