#include "pkg/specfile/yaml_parser.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/json_parser.h"
#include "pkg/api/print.h"

namespace keelvip::specfile {
namespace {

api::Node parse_one(std::string_view text) {
  const auto documents = parse_yaml(text);
  REQUIRE(documents.size() == 1);
  if (!documents.front()) {
    FAIL(documents.front().error().reason << ": " << text);
  }
  return *documents.front();
}

/// "line:column: reason" of the only document of `text`.
std::string refusal(std::string_view text) {
  const auto documents = parse_yaml(text);
  if (documents.size() != 1) {
    return fmt::format("{} documents", documents.size());
  }
  if (documents.front()) {
    return "accepted: " + api::to_json(*documents.front());
  }
  const api::FieldError& error = documents.front().error();
  return fmt::format("{}:{}: {}", error.position.line, error.position.column, error.reason);
}

/// What a plain scalar becomes, as JSON.
std::string plain(std::string_view text) {
  return api::to_json(*parse_one(fmt::format("a: {}", text)).find("a"));
}

}  // namespace

TEST_CASE("every value knows its line and column in the file") {
  const api::Node root = parse_one("# comment\na:\n- 1\n- {b: x}\n");
  CHECK(root.position == api::Position{2, 1});
  CHECK(root.object()->front().position == api::Position{2, 1});
  const api::Node::Array& items = *root.find("a")->array();
  CHECK(items[0].position == api::Position{3, 3});
  CHECK(items[1].find("b")->position == api::Position{4, 7});
  const auto documents = parse_yaml("a: 1\n---\n# c\nb: 2\n");
  REQUIRE(documents.size() == 2);
  CHECK(documents[1]->find("b")->position == api::Position{4, 4});
}

TEST_CASE("plain scalars have the types of the YAML 1.2 core schema") {
  CHECK(plain("5") == "5");
  CHECK(plain("-5") == "-5");
  CHECK(plain("+5") == "5");
  CHECK(plain("0") == "0");
  CHECK(plain("5.0") == "5.0");
  CHECK(plain("1e3") == "1000.0");
  CHECK(plain("true") == "true");
  CHECK(plain("False") == "false");
  CHECK(plain("~") == "null");
  CHECK(plain("null") == "null");
  CHECK(plain("") == "null");
  for (const char* text : {"tRue", "nULL", "Yess", "1_000", "12:30:45", "00:16:3e:00:00:01",
                           "192.168.0.254/24", "fe80::1", "2001:db8::1/64", "1.2.3", "2024-01-01",
                           "-", "e5", "0x", "eth0", "a b", "+", "."}) {
    CAPTURE(text);
    CHECK(plain(text == std::string("-") ? "\"-\"" : text) == fmt::format("\"{}\"", text));
  }
}

TEST_CASE("a scalar in quotes is text") {
  for (const char* text : {"5", "no", "true", "~", "010", "0x10", ".inf"}) {
    CHECK(plain(fmt::format("'{}'", text)) == fmt::format("\"{}\"", text));
    CHECK(plain(fmt::format("\"{}\"", text)) == fmt::format("\"{}\"", text));
    CHECK(plain(fmt::format("|-\n  {}", text)) == fmt::format("\"{}\"", text));
  }
}

TEST_CASE("what readers of YAML disagree about is refused, without being shown") {
  for (const char* text : {"yes", "No", "ON", "off", "y", "N"}) {
    CHECK(refusal(fmt::format("a: {}", text)) ==
          "1:4: this word is a boolean to some readers and text to others: write true or false, or "
          "put it in quotes if it is text");
  }
  for (const char* text : {"010", "0777", "08", "-01", "00", "01.5"}) {
    CHECK(refusal(fmt::format("a: {}", text)) ==
          "1:4: a number with a leading zero is octal to some readers and decimal to others: "
          "remove the zero, or put it in quotes if it is text");
  }
  for (const char* text : {"0x10", "0o17", "-0xff", "0b11"}) {
    CHECK(refusal(fmt::format("a: {}", text)).starts_with("1:4: a number must be decimal"));
  }
  for (const char* text : {".inf", "-.INF", ".nan"}) {
    CHECK(refusal(fmt::format("a: {}", text)).starts_with("1:4: infinity"));
  }
  CHECK(refusal("a: 1e999") == "1:4: this number is out of range");
}

TEST_CASE("anchors, aliases, tags, directives and merge keys are refused") {
  CHECK(refusal("a: &x 1").ends_with("anchors (&name) are not accepted: repeat the value"));
  CHECK(refusal("a: &x [1]").ends_with("anchors (&name) are not accepted: repeat the value"));
  CHECK(refusal("a: &x").ends_with("anchors (&name) are not accepted: repeat the value"));
  CHECK(refusal("a: *x") != "accepted");
  CHECK(
      refusal("a: !!str 5").ends_with("tags (!name) are not accepted: put text in quotes instead"));
  CHECK(refusal("a: !!python/object:os.system [x]").find("tags (!name)") != std::string::npos);
  CHECK(refusal("a: !x {b: 1}").find("tags (!name)") != std::string::npos);
  CHECK(refusal("%YAML 1.2\n---\na: 1\n") != "accepted");
  CHECK(refusal("a: {<<: {b: 1}}") == "1:5: merge keys (<<) are not accepted: repeat the values");
}

TEST_CASE("an alias bomb is refused at its first anchor") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) {
      bomb += fmt::format("{}*a{}", j > 0 ? ", " : "", i - 1);
    }
    bomb += "]\n";
  }
  CHECK(refusal(bomb) == "1:5: anchors (&name) are not accepted: repeat the value");
  CHECK(refusal("&x {a: *x}").find("not accepted") != std::string::npos);
}

TEST_CASE("a key is a word, and stands once") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") == "3:1: duplicate key \"a\"");
  CHECK(refusal("{a: 1, 'a': 2}") == "1:8: duplicate key \"a\"");
  for (const char* text : {"? [a]\n: 1", "? {a: 1}\n: 1", "~: 1", "null: 1", ": 1", "{[a]: 1}"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("a key must be a word, not null, a list or an object") !=
          std::string::npos);
  }
  CHECK(parse_one("1: a\n").find("1") != nullptr);
}

TEST_CASE("what is no YAML is refused where it stands") {
  CHECK(refusal("a: [1, 2").starts_with("2:1: "));
  CHECK(refusal("a: 1\n b: 2\n").starts_with("2:3: "));
  CHECK(refusal("a:\n\tb: 1\n").ends_with("(a tab indents this line: use spaces)"));
  for (const char* text : {"a:\n  b: 1\n   c: 2\n", "a:\n  b: 1\n c: 2\n"}) {
    CHECK(refusal(text).ends_with("indented by too many or too few spaces?)"));
  }
  CHECK(refusal("a: 'b\n").find("accepted") == std::string::npos);
  CHECK(refusal("a: 1\n]\n").find("accepted") == std::string::npos);
  CHECK(refusal("{a: 1} {b: 2}").find("accepted") == std::string::npos);
  CHECK(refusal("a: \xff").starts_with("1:4: this is not UTF-8 text"));
  CHECK(refusal(std::string("a: \0b", 5)).starts_with("1:4: this is not a text file"));
  CHECK(refusal("\xff\xfe"
                "a")
            .starts_with("1:1: this is not UTF-8 text"));
}

TEST_CASE("escapes that bring in a NUL, or what is no UTF-8, are refused") {
  for (const char* text :
       {R"(a: "x\0y")", R"(a: "x\x00y")", R"(a: "x\u0000")", R"(a: "x\Ny")", R"(a: "x\_y")"}) {
    CHECK(refusal(text) ==
          R"(1:4: the escapes \0, \N and \_ are not accepted: write the character itself)");
  }
  CHECK(refusal(R"("a\0": 1)").starts_with("1:1: the escapes"));
  CHECK(parse_one(R"(a: "x\x85\u00a0\U0001f600y")").find("a")->text() != nullptr);
}

TEST_CASE("documents are separate: what is wrong in one does not touch the others") {
  const auto documents =
      parse_yaml("a: 1\n---\nb: 'open quote\n---\nc: [\n--- # x\nd: 4\n...\ne: 5\n");
  REQUIRE(documents.size() == 5);
  CHECK(documents[0].has_value());
  CHECK_FALSE(documents[1].has_value());
  CHECK(documents[1].error().position.line >= 2);
  CHECK_FALSE(documents[2].has_value());
  CHECK(documents[3].has_value());
  CHECK(documents[4].has_value());
  CHECK(documents[4]->find("e")->position == api::Position{9, 4});
}

TEST_CASE("documents without content are none") {
  for (const char* text : {"", "\n", "# only\n# comments\n", "---\n", "---\n---\n# x\n---\n...\n",
                           "--- # x\n", "\xef\xbb\xbf# x"}) {
    CAPTURE(text);
    CHECK(parse_yaml(text).empty());
  }
  CHECK(parse_yaml("---\na: 1\n---\n").size() == 1);
  CHECK(parse_yaml("--- {a: 1}").size() == 1);
  CHECK(parse_yaml("\xef\xbb\xbf"
                   "a: 1\r\nb: 2\r\n")
            .size() == 1);
  CHECK(parse_yaml("---x: 1\n").size() == 1);
}

TEST_CASE("what keeps yaml-cpp finding documents for ever ends here") {
  for (const char* text :
       {"]", "}", "a: b: c\n- x", "- a\nb", "{a", "[a]]", ">\n a\nb: ]\n", ",", "? ?"}) {
    CAPTURE(text);
    CHECK(parse_yaml(text).size() == 1);
  }
}

TEST_CASE("depth and size are bounded") {
  CHECK(refusal(std::string(100, '[') + std::string(100, ']')) ==
        "1:65: nesting deeper than 64 levels");
  CHECK_FALSE(refusal(std::string(100'000, '[')).starts_with("accepted"));
  CHECK(refusal(std::string(60, '[') + std::string(60, ']')).starts_with("accepted"));
  std::string block;
  for (int i = 0; i < 1000; ++i) {
    block += "- ";
  }
  CHECK(refusal(block).find("nesting deeper than 64 levels") != std::string::npos);
  std::string wide = "a: [0";
  for (std::size_t i = 0; i < api::kMaxNodes; ++i) {
    wide += ",0";
  }
  CHECK(refusal(wide + "]").ends_with("the document has more than 200000 values"));
  CHECK(refusal("a: " + std::string(api::kMaxScalarBytes + 1, 'x'))
            .ends_with("a scalar is longer than 262144 bytes"));
  std::string many;
  for (std::size_t i = 0; i <= api::kMaxDocuments; ++i) {
    many += "--- 1\n";
  }
  const auto documents = parse_yaml(many);
  CHECK(documents.size() == api::kMaxDocuments + 1);
  CHECK_FALSE(documents.back().has_value());
}

TEST_CASE("hostile text is read in a bounded time") {
  for (const char* piece : {"- ",   "[",  "{",   "? ", ": ", "a: ",   "&a ",   "*a ",   "!a ",
                            "\"",   "'",  "|\n", "#",  "%",  "---\n", "- a\n", "a\n",   "{a: ",
                            "[[],", "\n", " \n", "\t", "\\", "a,",    "? a\n", "...\n", "-\n "}) {
    CAPTURE(piece);
    std::string text;
    while (text.size() < api::kMaxFileBytes / 4) {
      text += piece;
    }
    const auto start = std::chrono::steady_clock::now();
    (void)parse_yaml(text);
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took < std::chrono::seconds(20));
  }
}

TEST_CASE("text that is changed at random is read or refused, and its places lie within it") {
  const std::string good =
      "# comment\na: [1, {b: 'x', c: \"y\\n\"}]\n---\nd:\n- e: |\n    text\n  f: >-\n    more\n"
      "- ? g\n  : h\n...\n--- # end\n{\"i\": [true, ~, 2.5]}\n";
  std::uint64_t seed = 7;
  const auto pick = [&](std::size_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(seed >> 33U) % below;
  };
  constexpr std::string_view kBytes = "[]{},:?-&*!|>'\"%@`#\n\t ax0~.<=\\\xc3\xa9\xff";
  std::size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = good;
    for (std::size_t changes = 1 + pick(4); changes > 0; --changes) {
      const std::size_t at = pick(text.size());
      switch (pick(3)) {
        case 0:
          text[at] = kBytes[pick(kBytes.size())];
          break;
        case 1:
          text.insert(at, 1, kBytes[pick(kBytes.size())]);
          break;
        default:
          text.erase(at, 1 + pick(5));
      }
    }
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    for (const api::ParsedDocument& document : parse_yaml(text)) {
      const api::Position place = document ? document->position : document.error().position;
      // An open list or quote is missed at the line behind the document.
      CHECK(place.line >= 1);
      CHECK(place.line <= lines + 2);
      refused += document ? 0U : 1U;
      // JSON's parser must bear the same bytes.
      (void)api::parse_json(text);
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("JSON is YAML, with the same tree") {
  const char* text = R"({"a": [1, -2.5, "x\n\u00e9", true, null], "b": {"c": {}}})";
  CHECK(parse_one(text) == *api::parse_json(text).front());
}

TEST_CASE("what is printed as YAML is read as the same tree") {
  const char* text =
      R"({"a": ["no", "1", "~", "", "x y", "a: b", "# c", "0x1", "é\n\t\"\\", "1.5", "-", "on"],
          "yes": {"deep": [[1, [2.5]], [], {}, null, true]}, "": "empty key"})";
  const api::Node tree = *api::parse_json(text).front();
  CHECK(parse_one(api::to_yaml(tree)) == tree);
}

}  // namespace keelvip::specfile
