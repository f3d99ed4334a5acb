#include "pkg/base/error.h"

#include <cerrno>

#include <doctest/doctest.h>

namespace keelvip::base {

TEST_CASE("wrapping adds context in front and keeps the answer to 'what should I do?'") {
  const Error error = wrap(retry_error("no such device"), "eth0");
  CHECK(error.message == "eth0: no such device");
  CHECK(error.code == ErrorCode::kRetry);
}

TEST_CASE("an errno is shown with its words and its name") {
  CHECK(describe_errno(ENODEV) == "No such device (ENODEV)");
  CHECK(describe_errno(123456) == "unknown error 123456");
}

}  // namespace keelvip::base
