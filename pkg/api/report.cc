#include "pkg/api/report.h"

#include <fmt/format.h>

namespace keelvip::api {

std::string to_line(std::string_view source, const FieldError& error) {
  std::string line(source);
  if (error.position.line > 0) {
    line += fmt::format(":{}:{}", error.position.line, error.position.column);
  }
  line += ": ";
  if (!error.field.empty()) {
    line += fmt::format("{}: ", error.field);
  }
  return line + error.reason;
}

}  // namespace keelvip::api
