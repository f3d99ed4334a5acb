// Error: an operating error as a value. The code answers one question, "what should the caller
// do?"; the message says what happened in words that a user can act on. Callers add context on the
// way up with `wrap`; whoever handles the error logs it, once. Used on every thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keelvip::base {

enum class ErrorCode : std::uint8_t {
  kRetry,   // the same call may succeed later (interface absent, kernel out of memory)
  kReport,  // it will fail again until somebody changes something (invalid input, no permission)
  kResync,  // our picture of the outside is incomplete: read everything again
};

struct Error {
  ErrorCode code;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

[[nodiscard]] Error retry_error(std::string message);
[[nodiscard]] Error report_error(std::string message);
[[nodiscard]] Error resync_error(std::string message);

/// Returns `error` with "`context`: " put in front of its message; the code stays.
[[nodiscard]] Error wrap(Error error, std::string_view context);

/// Text for an errno value, such as "No such device (ENODEV)". Thread-safe.
[[nodiscard]] std::string describe_errno(int number);

}  // namespace keelvip::base
