#include "pkg/base/error.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace keelvip::base {

Error retry_error(std::string message) {
  return {ErrorCode::kRetry, std::move(message)};
}

Error report_error(std::string message) {
  return {ErrorCode::kReport, std::move(message)};
}

Error resync_error(std::string message) {
  return {ErrorCode::kResync, std::move(message)};
}

Error wrap(Error error, std::string_view context) {
  error.message = fmt::format("{}: {}", context, error.message);
  return error;
}

std::string describe_errno(int number) {
  const char* text = strerrordesc_np(number);
  const char* name = strerrorname_np(number);
  if (text == nullptr || name == nullptr) {
    return fmt::format("unknown error {}", number);
  }
  return fmt::format("{} ({})", text, name);
}

}  // namespace keelvip::base
