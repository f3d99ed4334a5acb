#include "test/schema/reference_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pkg/api/print.h"

namespace keelvip::schema {
namespace {

using api::Node;

std::string text_of(const Node& schema, std::string_view keyword) {
  const Node* node = schema.find(keyword);
  return node == nullptr || node->text() == nullptr ? "" : *node->text();
}

bool is_required(const Node& schema, std::string_view name) {
  const Node* names = schema.find("required");
  return names != nullptr &&
         std::any_of(names->array()->begin(), names->array()->end(),
                     [&](const Node& required) { return *required.text() == name; });
}

/// What may stand there, in the fewest words.
std::string describe_values(const Node& schema) {
  if (const Node* only = schema.find("const")) {
    return fmt::format("`{}`", *only->text());
  }
  if (const Node* words = schema.find("enum")) {
    std::vector<std::string> list;
    for (const Node& word : *words->array()) {
      list.push_back(fmt::format("`{}`", *word.text()));
    }
    return fmt::format("{}", fmt::join(list, ", "));
  }
  const std::string type = text_of(schema, "type");
  if (type == "integer") {
    const std::string maximum = api::to_json(*schema.find("maximum"));
    // The largest number there is bounds nothing.
    return maximum.size() > 12
               ? fmt::format("integer from {}", api::to_json(*schema.find("minimum")))
               : fmt::format("integer {} to {}", api::to_json(*schema.find("minimum")), maximum);
  }
  if (type == "array") {
    return fmt::format("list of {}", text_of(*schema.find("items"), "type"));
  }
  if (type == "object" && schema.find("properties") == nullptr) {
    return "map of strings";
  }
  return type.empty() ? "anything" : type;
}

std::string describe_default(const Node& schema, bool required) {
  if (required) {
    return "required";
  }
  const Node* value = schema.find("default");
  return value == nullptr ? ""
                          : fmt::format("`{}`", value->text() != nullptr ? *value->text()
                                                                         : api::to_json(*value));
}

/// '|' ends a cell, and <words> vanish as if they were tags.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("|<", at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '\\');
  }
  return text;
}

void write_object(std::string& out, const Node& schema, const std::string& path) {
  out += fmt::format("## {}\n\n{}\n\n", path.empty() ? "The document" : fmt::format("`{}`", path),
                     cell(text_of(schema, "description")));
  out += "| field | value | default | meaning |\n|---|---|---|---|\n";
  std::vector<std::pair<const Node*, std::string>> inner;
  for (const api::Member& member : *schema.find("properties")->object()) {
    const Node& field = member.value;
    out += fmt::format("| `{}` | {} | {} | {} |\n", member.key, describe_values(field),
                       describe_default(field, is_required(schema, member.key)),
                       cell(text_of(field, "description")));
    const std::string inner_path = path.empty() ? member.key : path + "." + member.key;
    const Node* items = field.find("items");
    if (field.find("properties") != nullptr) {
      inner.emplace_back(&field, inner_path);
    } else if (items != nullptr && items->find("properties") != nullptr) {
      inner.emplace_back(items, inner_path + "[]");
    }
  }
  for (const auto& [object, object_path] : inner) {
    out += "\n";
    write_object(out, *object, object_path);
  }
}

}  // namespace

std::string reference_text(const Node& schema) {
  std::string out =
      "# VirtualIP, field by field\n\n"
      "Written from the [schema](../../api/schemas/virtualip.v1alpha1.schema.json), which editors "
      "can use to complete and check as you type. `keelvip validate` checks more: what no schema "
      "can say, and what several objects can only get wrong together (one name, one virtual router "
      "or one address twice). A whole file to start from: "
      "[two-nginx](../../examples/two-nginx/).\n\n"
      "Files are `*.yaml`, `*.yml` or `*.json`, with one or more documents each; a `List` or "
      "`VirtualIPList` of objects is accepted too. Every field that is not listed here is an "
      "error. YAML is read strictly: no anchors, tags or duplicate keys, and words that some "
      "readers take for booleans or octal numbers (`yes`, `on`, `010`) need quotes where they are "
      "text.\n\n"
      "Changes are made while everything runs, and cost the client nothing. Another "
      "`metadata.name`, `virtualRouterID`, `vrrpVersion` or interface is another virtual router, "
      "for which a new election is held: where the change reaches all nodes at once, nobody "
      "answers for up to three advert intervals and a skew.\n\n";
  write_object(out, schema, "");
  return out;
}

}  // namespace keelvip::schema
