#include "test/schema/json_schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <regex>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace keelvip::schema {
namespace {

using api::Node;

double number_of(const Node& node) {
  if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
    return static_cast<double>(*integer);
  }
  return std::get<double>(node.value);
}

bool is_number(const Node& node) {
  return std::holds_alternative<std::int64_t>(node.value) ||
         std::holds_alternative<double>(node.value);
}

/// Characters, not bytes, as JSON Schema counts.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

bool has_type(const Node& node, std::string_view type) {
  if (type == "object") {
    return node.object() != nullptr;
  }
  if (type == "array") {
    return node.array() != nullptr;
  }
  if (type == "string") {
    return node.text() != nullptr;
  }
  if (type == "integer") {
    return is_number(node) && number_of(node) == std::floor(number_of(node));
  }
  FAIL("the schema has a type that this test does not know: " << type);
  return false;
}

bool matches(const std::string& text, const std::string& pattern) {
  static std::map<std::string, std::regex> compiled;
  const auto [found, is_new] = compiled.try_emplace(pattern);
  if (is_new) {
    found->second = std::regex(pattern);
  }
  return std::regex_search(text, found->second);
}

class Judge {
 public:
  [[nodiscard]] std::vector<std::string> take() { return std::move(broken_); }

  void check(const Node& schema, const Node& node, const std::string& path) {
    if (const bool* allowed = std::get_if<bool>(&schema.value)) {
      require(*allowed, path, "is not allowed");
      return;
    }
    REQUIRE(schema.object() != nullptr);
    for (const api::Member& rule : *schema.object()) {
      check_rule(schema, rule, node, path);
    }
  }

 private:
  static bool is_valid(const Node& schema, const Node& node) {
    Judge judge;
    judge.check(schema, node, "");
    return judge.broken_.empty();
  }

  void require(bool kept, const std::string& path, std::string_view keyword) {
    if (!kept) {
      broken_.push_back(fmt::format("{}: {}", path, keyword));
    }
  }

  void check_rule(const Node& schema, const api::Member& rule, const Node& node,
                  const std::string& path) {
    constexpr std::array<std::string_view, 7> kNoRules = {"$schema", "$id",  "title", "description",
                                                          "default", "then", "else"};
    const std::string& keyword = rule.key;
    if (std::find(kNoRules.begin(), kNoRules.end(), keyword) != kNoRules.end()) {
      return;  // "then" and "else" are read with "if"
    }
    if (keyword == "type") {
      require(has_type(node, *rule.value.text()), path, "type");
    } else if (keyword == "const") {
      require(node == rule.value, path, "const");
    } else if (keyword == "enum") {
      const Node::Array& allowed = *rule.value.array();
      require(std::find(allowed.begin(), allowed.end(), node) != allowed.end(), path, "enum");
    } else if (keyword == "oneOf") {
      const auto matching =
          std::count_if(rule.value.array()->begin(), rule.value.array()->end(),
                        [&](const Node& option) { return is_valid(option, node); });
      require(matching == 1, path, "oneOf");
    } else if (keyword == "if") {
      const Node* branch = schema.find(is_valid(rule.value, node) ? "then" : "else");
      if (branch != nullptr) {
        check(*branch, node, path);
      }
    } else if (!check_object_rule(schema, rule, node, path) &&
               !check_array_rule(rule, node, path) && !check_string_rule(rule, node, path) &&
               !check_number_rule(rule, node, path)) {
      FAIL("the schema has a keyword that this test does not know: " << keyword);
    }
  }

  /// Each of these says whether it knows the keyword. A rule about another type says nothing.
  bool check_object_rule(const Node& schema, const api::Member& rule, const Node& node,
                         const std::string& path) {
    if (rule.key == "required") {
      for (const Node& name : *rule.value.array()) {
        require(node.object() == nullptr || node.find(*name.text()) != nullptr,
                path + "." + *name.text(), "required");
      }
      return true;
    }
    const bool is_others = rule.key == "additionalProperties";
    if (rule.key != "properties" && !is_others) {
      return false;
    }
    const Node* properties = schema.find("properties");
    for (const api::Member& member : node.object() != nullptr ? *node.object() : Node::Object{}) {
      const Node* property = properties != nullptr ? properties->find(member.key) : nullptr;
      if (is_others && property == nullptr) {
        property = &rule.value;
      } else if (is_others) {
        continue;  // checked by "properties"
      }
      if (property != nullptr) {
        check(*property, member.value, path + "." + member.key);
      }
    }
    return true;
  }

  bool check_array_rule(const api::Member& rule, const Node& node, const std::string& path) {
    const Node::Array* items = node.array();
    if (rule.key == "items") {
      for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
        check(rule.value, (*items)[i], fmt::format("{}[{}]", path, i));
      }
    } else if (rule.key == "minItems") {
      require(items == nullptr || number_of(rule.value) <= static_cast<double>(items->size()), path,
              rule.key);
    } else if (rule.key == "maxItems") {
      require(items == nullptr || number_of(rule.value) >= static_cast<double>(items->size()), path,
              rule.key);
    } else if (rule.key == "uniqueItems") {
      for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
        require(std::find(items->begin(), items->begin() + static_cast<std::ptrdiff_t>(i),
                          (*items)[i]) == items->begin() + static_cast<std::ptrdiff_t>(i),
                path, rule.key);
      }
    } else {
      return false;
    }
    return true;
  }

  bool check_string_rule(const api::Member& rule, const Node& node, const std::string& path) {
    const std::string* text = node.text();
    if (rule.key == "pattern") {
      require(text == nullptr || matches(*text, *rule.value.text()), path, rule.key);
    } else if (rule.key == "minLength") {
      require(text == nullptr || static_cast<double>(length_of(*text)) >= number_of(rule.value),
              path, rule.key);
    } else if (rule.key == "maxLength") {
      require(text == nullptr || static_cast<double>(length_of(*text)) <= number_of(rule.value),
              path, rule.key);
    } else {
      return false;
    }
    return true;
  }

  bool check_number_rule(const api::Member& rule, const Node& node, const std::string& path) {
    if (rule.key == "minimum") {
      require(!is_number(node) || number_of(node) >= number_of(rule.value), path, rule.key);
    } else if (rule.key == "maximum") {
      require(!is_number(node) || number_of(node) <= number_of(rule.value), path, rule.key);
    } else if (rule.key == "multipleOf") {
      require(!is_number(node) || std::fmod(number_of(node), number_of(rule.value)) == 0, path,
              rule.key);
    } else {
      return false;
    }
    return true;
  }

  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_rules(const Node& schema, const Node& document) {
  Judge judge;
  judge.check(schema, document, "");
  return judge.take();
}

}  // namespace keelvip::schema
