// Settings of a virtual router from the keys of a transcript's command. For the conformance tests.
#pragma once

#include <string_view>

#include "arguments.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::conformance {

/// What a router of node `node` has unless told otherwise: v3, VRID 51, priority 100, adverts every
/// second, 192.0.2.100, sent from 192.0.2.11 (node a), .12 (b) and so on.
[[nodiscard]] vrrp::RouterConfig default_router(std::string_view node, std::uint32_t id);

/// Overwrites what the keys name.
void apply_settings(Arguments& arguments, std::string_view node, vrrp::RouterConfig& config);

[[nodiscard]] vrrp::SimpleText simple_text(std::string_view password);

/// 192.0.2.11 or fe80::b for node a, and so on.
[[nodiscard]] net::IpAddress node_address(std::string_view node, net::Family family);

}  // namespace keelvip::conformance
