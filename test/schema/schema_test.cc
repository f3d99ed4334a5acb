#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/decode.h"
#include "pkg/api/encode.h"
#include "pkg/api/json_parser.h"
#include "pkg/api/print.h"
#include "pkg/api/report.h"
#include "pkg/specfile/yaml_parser.h"
#include "test/schema/json_schema.h"
#include "test/schema/reference_text.h"

namespace keelvip::schema {
namespace {

using api::Node;

const std::filesystem::path kRoot = KEELVIP_SOURCE_DIR;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE_MESSAGE(stream.good(), path.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

const Node& schema() {
  static const Node kParsed = [] {
    auto documents =
        api::parse_json(read_file(kRoot / "api/schemas/virtualip.v1alpha1.schema.json"));
    REQUIRE(documents.size() == 1);
    REQUIRE_MESSAGE(documents.front().has_value(), documents.front().error().reason);
    return *documents.front();
  }();
  return kParsed;
}

struct Sample {
  std::string name;
  std::string expected;  // of an invalid one: its first error
  Node tree;
};

/// With KEELVIP_REWRITE=1 the expectations become what is; read the difference before you commit
/// it.
bool is_rewriting() {
  return std::getenv("KEELVIP_REWRITE") != nullptr;
}

base::Result<std::string> some_password(const std::string&) {
  return "s3cret";
}

std::string first_error(const Node& tree) {
  const api::Document document = api::decode(tree, some_password);
  if (document.object) {
    return "accepted";
  }
  const api::FieldError& error = document.object.error().front();
  return fmt::format("{}: {}", error.field, error.reason);
}

/// The documents of a directory. The first line of an invalid one tells what is wrong with it.
std::vector<Sample> samples(const char* directory) {
  std::vector<Sample> list;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "test/schema" / directory)) {
    const std::string text = read_file(entry.path());
    const auto documents = specfile::parse_yaml(text);
    REQUIRE_MESSAGE(documents.size() == 1, entry.path().string());
    REQUIRE_MESSAGE(documents.front().has_value(), entry.path().string());
    constexpr std::string_view kMark = "# refused: ";
    std::string expected;
    if (text.starts_with(kMark)) {
      const std::size_t end = text.find('\n');
      expected = text.substr(kMark.size(), end - kMark.size());
      if (is_rewriting()) {
        expected = first_error(*documents.front());
        std::ofstream(entry.path(), std::ios::binary) << kMark << expected << text.substr(end);
      }
    }
    list.push_back({entry.path().filename().string(), expected, *documents.front()});
  }
  std::sort(list.begin(), list.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return list;
}

/// Where a value stands in a tree: member names and list indices.
using Path = std::vector<std::variant<std::string, std::size_t>>;

Node& node_at(Node& root, const Path& path) {
  Node* node = &root;
  for (const auto& step : path) {
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      node = &std::get<Node::Array>(node->value)[*index];
    } else {
      node = const_cast<Node*>(node->find(std::get<std::string>(step)));
    }
  }
  return *node;
}

/// Calls `visit` for each object of the document whose fields the schema lists.
void visit_objects(const Node& rules, const Node& node, const Path& path,
                   const std::function<void(const Node& rules, const Path&)>& visit) {
  const Node* properties = rules.find("properties");
  if (properties != nullptr && node.object() != nullptr) {
    visit(rules, path);
    for (const api::Member& member : *node.object()) {
      const Node* inner = properties->find(member.key);
      REQUIRE(inner != nullptr);
      Path inner_path = path;
      inner_path.emplace_back(member.key);
      visit_objects(*inner, member.value, inner_path, visit);
    }
  }
  const Node* items = rules.find("items");
  for (std::size_t i = 0; items != nullptr && i < node.array()->size(); ++i) {
    Path inner_path = path;
    inner_path.emplace_back(i);
    visit_objects(*items, (*node.array())[i], inner_path, visit);
  }
}

std::set<std::string> property_names(const Node& rules) {
  std::set<std::string> names;
  for (const api::Member& member : *rules.find("properties")->object()) {
    names.insert(member.key);
  }
  return names;
}

/// What the decoder lists when it meets a field that is near to none it knows.
std::set<std::string> names_known_to_decoder(const Node& document, const Path& path) {
  Node changed = document;
  node_at(changed, path).put("0000000000000000000000", Node{{}, std::int64_t{1}});
  const api::Document decoded = api::decode(changed, some_password);
  REQUIRE_FALSE(decoded.object.has_value());
  REQUIRE(decoded.object.error().size() == 1);
  const std::string& reason = decoded.object.error().front().reason;
  constexpr std::string_view kIntroduction = "; known here: ";
  std::size_t at = reason.find(kIntroduction);
  REQUIRE_MESSAGE(at != std::string::npos, reason);
  std::set<std::string> names;
  for (at += kIntroduction.size(); at < reason.size();) {
    const std::size_t end = std::min(reason.find(", ", at), reason.size());
    names.insert(reason.substr(at, end - at));
    at = end + 2;
  }
  return names;
}

/// Checks that each value that `full` has beyond `given` is the default of the schema.
void check_defaults(const Node& rules, const Node& full, const Node& given, const std::string& path,
                    std::set<std::string>& seen) {
  const Node* properties = rules.find("properties");
  if (properties == nullptr) {
    return;  // a map of the user's own
  }
  for (const api::Member& member : *full.object()) {
    const Node* inner = properties->find(member.key);
    REQUIRE(inner != nullptr);
    const Node* in_given = given.find(member.key);
    const std::string inner_path = path + "." + member.key;
    if (member.value.object() != nullptr) {
      check_defaults(*inner, member.value, in_given != nullptr ? *in_given : Node{}, inner_path,
                     seen);
    } else if (member.value.array() != nullptr) {
      REQUIRE_MESSAGE(in_given != nullptr, inner_path);
      for (std::size_t i = 0; i < member.value.array()->size(); ++i) {
        const Node& item = (*member.value.array())[i];
        if (item.object() != nullptr) {
          check_defaults(*inner->find("items"), item, (*in_given->array())[i], inner_path, seen);
        }
      }
    } else if (in_given == nullptr) {
      CAPTURE(inner_path);
      const Node* expected = inner->find("default");
      CHECK(expected != nullptr);
      CHECK((expected != nullptr && *expected == member.value));
      seen.insert(inner_path);
    }
  }
}

void collect_defaults(const Node& rules, const std::string& path, std::set<std::string>& paths) {
  if (rules.find("default") != nullptr) {
    paths.insert(path);
  }
  if (const Node* properties = rules.find("properties")) {
    for (const api::Member& member : *properties->object()) {
      collect_defaults(member.value, path + "." + member.key, paths);
    }
  }
  if (const Node* items = rules.find("items")) {
    collect_defaults(*items, path, paths);
  }
}

void check_descriptions(const Node& rules, const std::string& path) {
  CAPTURE(path);
  CHECK(rules.find("description") != nullptr);
  if (const Node* properties = rules.find("properties")) {
    for (const api::Member& member : *properties->object()) {
      check_descriptions(member.value, path + "." + member.key);
    }
  }
  if (const Node* items = rules.find("items")) {
    check_descriptions(*items, path + "[]");
  }
}

}  // namespace

TEST_CASE("what is valid is valid for the schema and for the decoder") {
  const auto list = samples("valid");
  CHECK(list.size() > 5);
  for (const Sample& sample : list) {
    CAPTURE(sample.name);
    CHECK(broken_rules(schema(), sample.tree) == std::vector<std::string>{});
    CHECK(first_error(sample.tree) == "accepted");
  }
}

TEST_CASE("what is invalid is invalid for the schema and for the decoder") {
  const auto list = samples("invalid");
  CHECK(list.size() > 50);
  for (const Sample& sample : list) {
    CAPTURE(sample.name);
    CHECK_FALSE(broken_rules(schema(), sample.tree).empty());
    CHECK(first_error(sample.tree) == sample.expected);
  }
}

TEST_CASE("what no schema can express is left to the decoder") {
  const auto list = samples("beyond_schema");
  CHECK(list.size() > 10);
  for (const Sample& sample : list) {
    CAPTURE(sample.name);
    CHECK(broken_rules(schema(), sample.tree) == std::vector<std::string>{});
    CHECK(first_error(sample.tree) == sample.expected);
  }
}

TEST_CASE("the schema and the decoder know the same fields") {
  std::set<const Node*> seen;
  for (const Sample& sample : samples("valid")) {
    visit_objects(schema(), sample.tree, {}, [&](const Node& rules, const Path& path) {
      if (seen.insert(&rules).second) {
        CHECK(names_known_to_decoder(sample.tree, path) == property_names(rules));
      }
    });
  }
  // document, metadata, spec, a node, preemption, authentication, announce, a check, its three
  // probes, a header, onFailure
  CHECK(seen.size() == 13);
}

TEST_CASE("the schema and the decoder have the same defaults") {
  std::set<std::string> seen;
  for (const Sample& sample : samples("valid")) {
    const api::Document document = api::decode(sample.tree, some_password);
    REQUIRE(document.object.has_value());
    if (document.object->spec.vrrp_version == 3 && !document.object->spec.nodes) {
      CAPTURE(sample.name);
      const Node full = api::encode(*document.object);
      check_defaults(schema(), full, sample.tree, "", seen);
    }
  }
  std::set<std::string> listed;
  collect_defaults(schema(), "", listed);
  // Authentication is for version 2; its test is beside the decoder.
  listed.erase(".spec.authentication.type");
  CHECK(seen == listed);
}

TEST_CASE("whatever the decoder accepts, the schema accepts, and it survives being printed") {
  std::uint64_t seed = 20'260'101;
  const auto pick = [&](std::size_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(seed >> 33U) % below;
  };
  const std::vector<Sample> list = samples("valid");
  // What users may put in a place, among it values that are right in some other place.
  std::vector<Node> values = {Node{}, {{}, true}, {{}, 1.5}, {{}, Node::Array{}}};
  for (const std::int64_t number :
       {-1,  0,    1,    2,    3,      9,      10,     15,     253,     254,      255,
        256, 1000, 1001, 2000, 40'950, 40'960, 65'535, 65'536, 600'001, 3'600'001}) {
    values.push_back({{}, number});
  }
  for (const char* text : {"",
                           "a",
                           "A",
                           "a b",
                           "a/b",
                           "/",
                           "/x",
                           "ä",
                           "eth0",
                           "192.0.2.1",
                           "192.0.2.0/24",
                           "::1",
                           "2001:db8::1/64",
                           "fe80::1",
                           "fe80::2%a",
                           "Never",
                           "Delayed",
                           "Withdraw",
                           "LowerPriority",
                           "HTTPS",
                           "Auto",
                           "PseudoHeader",
                           "s3cret",
                           "123456789",
                           "web.example",
                           "-",
                           "_x",
                           "."}) {
    values.push_back({{}, std::string(text)});
  }
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    Node tree = list[pick(list.size())].tree;
    // Walks down at random and changes what it ends at.
    Node* node = &tree;
    for (std::size_t depth = 2 + pick(5); depth > 0; --depth) {
      if (auto* members = std::get_if<Node::Object>(&node->value); members && !members->empty()) {
        const std::size_t at = pick(members->size());
        if (depth == 1 && pick(3) == 0) {
          members->erase(members->begin() + static_cast<std::ptrdiff_t>(at));
          break;
        }
        node = &(*members)[at].value;
      } else if (auto* items = std::get_if<Node::Array>(&node->value); items && !items->empty()) {
        node = &(*items)[pick(items->size())];
      }
    }
    if (pick(4) != 0) {
      *node = values[pick(values.size())];
    }
    const api::Document document = api::decode(tree, some_password);
    if (!document.object) {
      continue;
    }
    ++accepted;
    CAPTURE(api::to_json(tree));
    CHECK(broken_rules(schema(), tree) == std::vector<std::string>{});
    const std::string yaml = api::to_yaml(api::encode(*document.object, api::Secrets::kKeep));
    const auto printed = specfile::parse_yaml(yaml);
    REQUIRE(printed.size() == 1);
    REQUIRE(printed.front().has_value());
    const api::Document again = api::decode(*printed.front(), some_password);
    REQUIRE(again.object.has_value());
    CHECK(again.object->spec == document.object->spec);
    CHECK(again.object->metadata == document.object->metadata);
  }
  // Both happen often enough to mean something.
  CHECK(accepted > 2000);
  CHECK(accepted < 18'000);
}

TEST_CASE("every field of the schema says what it is") {
  check_descriptions(schema(), "");
}

TEST_CASE("a schema that differs is found out: the judge can say no") {
  const auto judged = [](const char* rules, const char* value) {
    return broken_rules(*api::parse_json(rules).front(), *api::parse_json(value).front());
  };
  const std::vector<std::string> none;
  CHECK(judged(R"({"type": "integer", "minimum": 1, "maximum": 5})", "3") == none);
  CHECK(judged(R"({"type": "integer"})", "3.5") == std::vector<std::string>{": type"});
  CHECK(judged(R"({"minimum": 1})", "0") == std::vector<std::string>{": minimum"});
  CHECK(judged(R"({"maximum": 1})", "2") == std::vector<std::string>{": maximum"});
  CHECK(judged(R"({"multipleOf": 10})", "15") == std::vector<std::string>{": multipleOf"});
  CHECK(judged(R"({"pattern": "^a$"})", "\"b\"") == std::vector<std::string>{": pattern"});
  CHECK(judged(R"({"maxLength": 1})", "\"é\"") == none);
  CHECK(judged(R"({"maxLength": 1})", "\"ab\"") == std::vector<std::string>{": maxLength"});
  CHECK(judged(R"({"minLength": 1})", "\"\"") == std::vector<std::string>{": minLength"});
  CHECK(judged(R"({"enum": ["a"]})", "\"b\"") == std::vector<std::string>{": enum"});
  CHECK(judged(R"({"const": "a"})", "\"b\"") == std::vector<std::string>{": const"});
  CHECK(judged(R"({"uniqueItems": true})", "[1, 2, 1]") ==
        std::vector<std::string>{": uniqueItems"});
  CHECK(judged(R"({"minItems": 1})", "[]") == std::vector<std::string>{": minItems"});
  CHECK(judged(R"({"maxItems": 1})", "[1, 2]") == std::vector<std::string>{": maxItems"});
  CHECK(judged(R"({"items": {"type": "string"}})", "[1]") == std::vector<std::string>{"[0]: type"});
  CHECK(judged(R"({"required": ["a"]})", "{}") == std::vector<std::string>{".a: required"});
  CHECK(judged(R"({"properties": {"a": false}, "additionalProperties": false})",
               R"({"a": 1, "b": 1})") ==
        std::vector<std::string>{".a: is not allowed", ".b: is not allowed"});
  CHECK(judged(R"({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]})", R"({"a": 1, "b": 1})") ==
        std::vector<std::string>{": oneOf"});
  CHECK(judged(R"({"if": {"const": 1}, "then": false, "else": {"const": 2}})", "1") ==
        std::vector<std::string>{": is not allowed"});
  CHECK(judged(R"({"if": {"const": 1}, "then": false, "else": {"const": 2}})", "3") ==
        std::vector<std::string>{": const"});
}

TEST_CASE("the field reference is what the schema says (KEELVIP_REWRITE=1 rewrites it)") {
  const std::filesystem::path path = kRoot / "docs/reference/virtualip.md";
  const std::string text = reference_text(schema());
  if (is_rewriting()) {
    std::ofstream(path, std::ios::binary) << text;
  }
  CHECK(read_file(path) == text);
}

}  // namespace keelvip::schema
