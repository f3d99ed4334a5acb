// Documents for the tests of api, as JSON text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pkg/api/decode.h"
#include "pkg/api/json_parser.h"
#include "pkg/api/object_reader.h"

namespace keelvip::api {

inline Node parse_one(std::string_view text) {
  const auto documents = parse_json(text);
  REQUIRE(documents.size() == 1);
  REQUIRE_MESSAGE(documents.front().has_value(), documents.front().error().reason);
  return *documents.front();
}

/// A document with this spec; the spec begins at line 2, column 1.
inline std::string with_spec(std::string_view spec, std::string_view name = "web") {
  return fmt::format(
      "{{\"apiVersion\": \"keelvip.io/v1alpha1\", \"kind\": \"VirtualIP\", "
      "\"metadata\": {{\"name\": \"{}\"}}, \"spec\":\n{}}}",
      name, spec);
}

/// A valid document with these fields added to its spec.
inline std::string with_fields(std::string_view fields, std::string_view name = "web") {
  return with_spec(fmt::format("{{\"addresses\": [\"192.0.2.10/24\"], \"interface\": \"eth0\", "
                               "\"virtualRouterID\": 10{}{}}}",
                               fields.empty() ? "" : ", ", fields),
                   name);
}

inline VirtualIp decoded(std::string_view text) {
  const Document document = decode(parse_one(text));
  if (!document.object) {
    for (const FieldError& error : document.object.error()) {
      FAIL_CHECK(error.field << ": " << error.reason);
    }
    FAIL("refused: " << text);
  }
  return *document.object;
}

/// "field: reason" of every error; empty if the document is valid.
inline std::vector<std::string> faults(std::string_view text) {
  std::vector<std::string> lines;
  const Document document = decode(parse_one(text));
  if (!document.object) {
    for (const FieldError& error : document.object.error()) {
      lines.push_back(fmt::format("{}: {}", error.field, error.reason));
    }
  }
  return lines;
}

/// The only error; fails the test if there are more or fewer.
inline std::string fault(std::string_view text) {
  const auto lines = faults(text);
  CHECK_MESSAGE(lines.size() == 1, text);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    MESSAGE(lines[i]);
  }
  return lines.empty() ? "" : lines.front();
}

}  // namespace keelvip::api
