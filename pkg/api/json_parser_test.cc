#include "pkg/api/json_parser.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/sample_documents.h"
#include "pkg/api/text_check.h"

namespace keelvip::api {
namespace {

/// "line:column: reason" of the error in `text`.
std::string refusal(std::string_view text) {
  const auto documents = parse_json(text);
  if (documents.empty() || documents.back().has_value()) {
    return "accepted";
  }
  const FieldError& error = documents.back().error();
  return fmt::format("{}:{}: {}", error.position.line, error.position.column, error.reason);
}

}  // namespace

TEST_CASE("every value knows its line and column") {
  const Node root = parse_one("{\n  \"a\": [1,\n    \"x\"]}");
  CHECK(root.position == Position{1, 1});
  const Node* list = root.find("a");
  REQUIRE(list != nullptr);
  CHECK(root.object()->front().position == Position{2, 3});
  CHECK(list->position == Position{2, 8});
  CHECK(list->array()->at(0).position == Position{2, 9});
  CHECK(list->array()->at(1).position == Position{3, 5});
}

TEST_CASE("the escapes of RFC 8259 section 7 are understood") {
  CHECK(*parse_one(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00")").text() ==
        "\"\\/\b\f\n\r\tAé€😀");
}

TEST_CASE("numbers keep their kind") {
  CHECK(std::get<std::int64_t>(parse_one("-9223372036854775808").value) ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(std::get<double>(parse_one("9223372036854775808").value) == 9223372036854775808.0);
  CHECK(std::get<double>(parse_one("-1.5e-3").value) == -0.0015);
}

TEST_CASE("several values may follow each other, and none may be left out") {
  CHECK(parse_json("{} []\n1").size() == 3);
  CHECK(parse_json("").empty());
  CHECK(parse_json(" \n\t ").empty());
  const auto documents = parse_json("{}\n{]\n{}");
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].has_value());
  CHECK_FALSE(documents[1].has_value());
}

TEST_CASE("a byte order mark is no part of the text") {
  CHECK(parse_one("\xef\xbb\xbf{}").position == Position{1, 1});
}

TEST_CASE("what RFC 8259 does not allow is refused where it stands") {
  CHECK(refusal(R"({"a": 1, "a": 2})") == "1:10: duplicate key \"a\"");
  CHECK(refusal(R"({"\u001b[2J": 1, "\u001b[2J": 2})") == "1:18: duplicate key \"?[2J\"");
  CHECK(refusal("{\"a\" 1}") == "1:6: \":\" is expected here");
  CHECK(refusal("{\"a\": 1") == "1:8: \",\" or \"}\" is expected here");
  CHECK(refusal("[1,\n") == "2:1: the text ends where a value should be");
  for (const char* text : {"01",          "-",           "+1",
                           "1.",          ".5",          "1e",
                           "1e999",       "0x10",        "1_0",
                           "NaN",         "Infinity",    "True",
                           "nul",         "'a'",         "{a: 1}",
                           "[1,]",        "{\"a\":1,}",  "\"\\x\"",
                           "\"\\u12\"",   "\"\\ud800\"", "\"\\ud800\\u0041\"",
                           "\"\\udc00\"", "\"\\u0000\"", "\"a\nb\"",
                           "\"abc",       "// x\n1",     "[",
                           "{",           "]",           ":"}) {
    CAPTURE(text);
    CHECK(refusal(text) != "accepted");
  }
}

TEST_CASE("depth, size and count are bounded") {
  const std::string deep = std::string(200'000, '[');
  CHECK(refusal(deep) == "1:65: nesting deeper than 64 levels");
  CHECK(refusal(std::string(64, '[') + std::string(64, ']')) == "accepted");
  std::string wide = "[0";
  for (std::size_t i = 0; i < kMaxNodes; ++i) {
    wide += ",0";
  }
  CHECK(refusal(wide + "]").ends_with("the document has more than 200000 values"));
  CHECK(refusal("\"" + std::string(kMaxScalarBytes + 1, 'x') + "\"")
            .ends_with("a string is longer than 262144 bytes"));
  std::string many;
  for (std::size_t i = 0; i <= kMaxDocuments; ++i) {
    many += "1 ";
  }
  CHECK(refusal(many).ends_with("the file has more than 10000 documents"));
}

TEST_CASE("bytes that are no text are refused before anything reads them") {
  CHECK(refusal("{\"a\": \"\xff\"}") == "1:8: this is not UTF-8 text: byte 0xff at offset 7");
  CHECK(refusal(std::string_view("\0", 1)) ==
        "1:1: this is not a text file: control character 0x00 at offset 0");
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x7f", "\x1b", "\xff\xfe{"}) {
    CHECK(find_text_defect(bad).has_value());
  }
  for (const char* good : {"", "a\tb\r\n", "é€😀", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    CHECK_FALSE(find_text_defect(good).has_value());
  }
}

}  // namespace keelvip::api
