// A sent frame as one line of text, for the conformance transcripts.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace keelvip::conformance {

[[nodiscard]] bool is_vrrp(std::span<const std::byte> frame);

/// What the frame says; with `as_hex` its bytes instead.
[[nodiscard]] std::string print_frame(std::span<const std::byte> frame, bool as_hex);

}  // namespace keelvip::conformance
