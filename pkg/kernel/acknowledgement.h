// Acknowledgement: the kernel's answer to one request: an errno and, from most places in the
// kernel, a sentence (extended ack). RequestChannel reads them, Kernel reports what was refused.
// Pure functions on bytes; kernel thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "pkg/base/error.h"

namespace keelvip::kernel {

struct Acknowledgement {
  int error = 0;     // 0 or a positive errno value
  std::string text;  // empty when the kernel gave none

  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

/// Reads NLMSG_ERROR or NLMSG_DONE, netlink header included. nullopt when malformed.
[[nodiscard]] std::optional<Acknowledgement> parse_acknowledgement(
    std::span<const std::byte> message);

/// The error that a refused request is reported as: "No such device (ENODEV): TEXT".
[[nodiscard]] base::Error to_error(const Acknowledgement& refusal);

}  // namespace keelvip::kernel
