#include "documents.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "pkg/api/decode.h"
#include "pkg/api/encode.h"
#include "pkg/api/fold.h"
#include "pkg/api/json_parser.h"
#include "pkg/api/print.h"
#include "pkg/base/check.h"
#include "pkg/specfile/yaml_parser.h"

namespace keelvip::fuzz {
namespace {

using api::Node;
using api::ParsedDocument;

/// Every password file holds the same word.
base::Result<std::string> read_password(const std::string& /*path*/) {
  return std::string("s3cr3t");
}

/// Whether a person finds the place; line 0 is the document as a whole.
void check_position(std::string_view text, const api::Position& position) {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < position.line; ++line) {
    const std::size_t end = text.find('\n', begin);
    // The end of the text may be told as the line behind it.
    KEELVIP_CHECK(end != std::string_view::npos || line + 1 == position.line);
    begin = end == std::string_view::npos ? text.size() : end + 1;
  }
  const std::size_t length = std::min(text.find('\n', begin), text.size()) - begin;
  KEELVIP_CHECK(position.column <= length + 2);
  KEELVIP_CHECK((position.line == 0) == (position.column == 0));
}

/// A reason goes to a terminal, a log line and a status field.
bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    const auto before = static_cast<std::uint8_t>(at > 0 ? text[at - 1] : 0);
    if (byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte >= 0x80 && byte <= 0x9f)) {
      return true;
    }
  }
  return false;
}

void check_reason(const api::FieldError& error) {
  KEELVIP_CHECK(!error.reason.empty());
  KEELVIP_CHECK(!has_control(error.reason));
  KEELVIP_CHECK(!has_control(error.field));
}

/// A tree says the same in both languages.
void check_printed(const Node& node) {
  for (const int indent : {0, 2}) {
    const auto again = api::parse_json(api::to_json(node, indent));
    KEELVIP_CHECK(again.size() == 1 && again.front().has_value());
    KEELVIP_CHECK(*again.front() == node);
  }
  const auto again = specfile::parse_yaml(api::to_yaml(node));
  KEELVIP_CHECK(again.size() == 1 && again.front().has_value());
  KEELVIP_CHECK(*again.front() == node);
}

void check_accepted(const api::VirtualIp& vip) {
  const Node encoded = api::encode(vip, api::Secrets::kKeep);
  api::Document again = api::decode(encoded, &read_password);
  KEELVIP_CHECK(again.object.has_value());
  again.object->origin = vip.origin;
  KEELVIP_CHECK(*again.object == vip);
  check_printed(encoded);

  const auto& authentication = vip.spec.authentication;
  if (authentication && authentication->password_file.empty()) {
    KEELVIP_CHECK(!api::decode(api::encode(vip), &read_password).object.has_value());
  }
}

void check_refused(std::string_view text, const std::vector<api::FieldError>& errors) {
  KEELVIP_CHECK(!errors.empty());
  KEELVIP_CHECK(errors.size() <= 51);
  for (const api::FieldError& error : errors) {
    check_position(text, error.position);
    check_reason(error);
  }
}

/// Reading the same files again changes nothing.
void check_folded(const api::SourceFile& file) {
  const api::SpecSet once = api::fold({}, {file});
  const api::SpecSet twice = api::fold(once, {file});
  KEELVIP_CHECK(once.accepted == twice.accepted);
  const auto name = [](const api::VirtualIp& vip) { return vip.metadata.name; };
  KEELVIP_CHECK(std::ranges::is_sorted(once.accepted, std::ranges::less_equal{}, name) ||
                once.accepted.size() < 2);
  KEELVIP_CHECK(once.accepted.size() + once.rejected.size() >= file.documents.size());
}

}  // namespace

void check_documents(std::string_view text, const std::vector<ParsedDocument>& documents) {
  api::SourceFile file{"x.yaml", {}};
  for (const ParsedDocument& parsed : documents) {
    if (!parsed) {
      check_position(text, parsed.error().position);
      check_reason(parsed.error());
      continue;
    }
    check_printed(*parsed);
    for (api::Document& document : api::decode_all(*parsed, &read_password)) {
      if (document.object) {
        check_accepted(*document.object);
      } else {
        check_refused(text, document.object.error());
      }
      file.documents.push_back(std::move(document));
    }
  }
  check_folded(file);
}

}  // namespace keelvip::fuzz
