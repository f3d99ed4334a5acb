#include "pkg/api/sample_documents.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/json_parser.h"

namespace keelvip::api {

Node parse_one(std::string_view text) {
  const auto documents = parse_json(text);
  REQUIRE(documents.size() == 1);
  REQUIRE_MESSAGE(documents.front().has_value(), documents.front().error().reason);
  return *documents.front();
}

std::string with_spec(std::string_view spec, std::string_view name) {
  return fmt::format(
      "{{\"apiVersion\": \"keelvip.io/v1alpha1\", \"kind\": \"VirtualIP\", "
      "\"metadata\": {{\"name\": \"{}\"}}, \"spec\":\n{}}}",
      name, spec);
}

std::string with_fields(std::string_view fields, std::string_view name) {
  return with_spec(fmt::format("{{\"addresses\": [\"192.0.2.10/24\"], \"interface\": \"eth0\", "
                               "\"virtualRouterID\": 10{}{}}}",
                               fields.empty() ? "" : ", ", fields),
                   name);
}

VirtualIp decoded(std::string_view text) {
  const Document document = decode(parse_one(text));
  if (!document.object) {
    for (const FieldError& error : document.object.error()) {
      FAIL_CHECK(error.field << ": " << error.reason);
    }
    FAIL("refused: " << text);
  }
  return *document.object;
}

std::vector<std::string> faults(std::string_view text) {
  std::vector<std::string> lines;
  const Document document = decode(parse_one(text));
  if (!document.object) {
    for (const FieldError& error : document.object.error()) {
      lines.push_back(fmt::format("{}: {}", error.field, error.reason));
    }
  }
  return lines;
}

std::string fault(std::string_view text) {
  const auto lines = faults(text);
  CHECK_MESSAGE(lines.size() == 1, text);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    MESSAGE(lines[i]);
  }
  return lines.empty() ? "" : lines.front();
}

}  // namespace keelvip::api
