// The packets of vectors.txt, captured from keepalived and FRR. For the conformance tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/vrrp/peer_packet.h"

namespace keelvip::conformance {

struct Vector {
  std::string id;
  std::string implementation;
  std::string description;
  std::vector<std::byte> frame;  // from the Ethernet header on
};

/// All of them. Ends the program with a message when the file is missing or malformed.
[[nodiscard]] const std::vector<Vector>& vectors();

/// nullptr when there is none of this name.
[[nodiscard]] const Vector* find_vector(std::string_view id);

/// Two hexadecimal digits a byte; ends the program when `text` is not that.
[[nodiscard]] std::vector<std::byte> bytes_from_hex(std::string_view text);
[[nodiscard]] std::string hex(std::span<const std::byte> bytes);

}  // namespace keelvip::conformance
