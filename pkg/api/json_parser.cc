#include "pkg/api/json_parser.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/object_reader.h"
#include "pkg/api/text_check.h"

namespace keelvip::api {
namespace {

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) {
      at_ = line_start_ = kByteOrderMark.size();
    }
  }

  /// False when nothing but white space is left.
  bool more() {
    skip_space();
    return at_ < text_.size();
  }

  ParsedDocument next() {
    nodes_ = 0;
    Node node;
    if (!parse_value(node, 0)) {
      return tl::unexpected(*error_);
    }
    return node;
  }

 private:
  Position here() const { return {line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)}; }

  bool fail(Position position, std::string reason) {
    if (!error_) {
      error_ = FieldError{position, "", std::move(reason)};
    }
    return false;
  }

  bool fail(std::string reason) { return fail(here(), std::move(reason)); }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
      ++at_;
    }
  }

  bool take(char expected) {
    if (at_ < text_.size() && text_[at_] == expected) {
      ++at_;
      return true;
    }
    return false;
  }

  bool parse_value(Node& node, std::size_t depth) {
    skip_space();
    node.position = here();
    if (at_ >= text_.size()) {
      return fail("the text ends where a value should be");
    }
    if (++nodes_ > kMaxNodes) {
      return fail(fmt::format("the document has more than {} values", kMaxNodes));
    }
    switch (text_[at_]) {
      case '{':
        return parse_object(node, depth);
      case '[':
        return parse_array(node, depth);
      case '"': {
        std::string text;
        const bool parsed = parse_string(text);
        node.value = std::move(text);
        return parsed;
      }
      default:
        return parse_bare(node);
    }
  }

  bool parse_object(Node& node, std::size_t depth) {
    if (depth >= kMaxDepth) {
      return fail(fmt::format("nesting deeper than {} levels", kMaxDepth));
    }
    ++at_;
    Node::Object members;
    std::set<std::string, std::less<>> seen;
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        Member member;
        member.position = here();
        if (at_ >= text_.size() || text_[at_] != '"') {
          return fail("a member name in double quotes is expected here");
        }
        if (!parse_string(member.key)) {
          return false;
        }
        if (!seen.insert(member.key).second) {
          return fail(member.position, fmt::format("duplicate key \"{}\"", shown(member.key)));
        }
        skip_space();
        if (!take(':')) {
          return fail("\":\" is expected here");
        }
        if (!parse_value(member.value, depth + 1)) {
          return false;
        }
        members.push_back(std::move(member));
        skip_space();
      } while (take(','));
      if (!take('}')) {
        return fail("\",\" or \"}\" is expected here");
      }
    }
    node.value = std::move(members);
    return true;
  }

  bool parse_array(Node& node, std::size_t depth) {
    if (depth >= kMaxDepth) {
      return fail(fmt::format("nesting deeper than {} levels", kMaxDepth));
    }
    ++at_;
    Node::Array items;
    skip_space();
    if (!take(']')) {
      do {
        Node item;
        if (!parse_value(item, depth + 1)) {
          return false;
        }
        items.push_back(std::move(item));
        skip_space();
      } while (take(','));
      if (!take(']')) {
        return fail("\",\" or \"]\" is expected here");
      }
    }
    node.value = std::move(items);
    return true;
  }

  bool parse_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail("a string must not hold a control character: escape it");
      }
      if (out.size() >= kMaxScalarBytes) {
        return fail(fmt::format("a string is longer than {} bytes", kMaxScalarBytes));
      }
      if (c == '\\') {
        if (!parse_escape(out)) {
          return false;
        }
      } else {
        out += c;
        ++at_;
      }
    }
    return fail("the text ends within a string");
  }

  bool parse_escape(std::string& out) {
    ++at_;
    const char kind = at_ < text_.size() ? text_[at_] : '\0';
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (const std::size_t index = kNames.find(kind);
        kind != '\0' && index != std::string_view::npos) {
      out += kValues[index];
      ++at_;
      return true;
    }
    if (kind != 'u') {
      return fail("unknown escape in a string");
    }
    auto code = parse_hex4();
    if (code && *code >= 0xd800 && *code <= 0xdbff) {
      // A code point beyond U+FFFF is written as two surrogates (RFC 8259 section 7).
      const bool paired = text_.substr(at_, 2) == "\\u";
      const auto low = paired ? (++at_, parse_hex4()) : std::nullopt;
      code = low && *low >= 0xdc00 && *low <= 0xdfff
                 ? std::optional(0x10000U + ((*code - 0xd800U) << 10U) + (*low - 0xdc00U))
                 : std::nullopt;
    } else if (code && *code >= 0xdc00 && *code <= 0xdfff) {
      code.reset();
    }
    if (!code || *code == 0) {
      return fail("invalid \\u escape in a string");
    }
    append_utf8(out, *code);
    return true;
  }

  /// Stands on the 'u'; moves behind the four digits.
  std::optional<std::uint32_t> parse_hex4() {
    std::uint32_t code = 0;
    const std::string_view digits = text_.substr(at_ + 1, 4);
    const char* end = digits.data() + digits.size();
    if (digits.size() != 4 || std::from_chars(digits.data(), end, code, 16).ptr != end) {
      return std::nullopt;
    }
    at_ += 5;
    return code;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xc0U | code >> 6U);
      put(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
      put(0xe0U | code >> 12U);
      put(0x80U | (code >> 6U & 0x3fU));
      put(0x80U | (code & 0x3fU));
    } else {
      put(0xf0U | code >> 18U);
      put(0x80U | (code >> 12U & 0x3fU));
      put(0x80U | (code >> 6U & 0x3fU));
      put(0x80U | (code & 0x3fU));
    }
  }

  bool parse_bare(Node& node) {
    const std::size_t end = text_.find_first_of(" \t\r\n,:]}[{\"", at_);
    const std::string_view word = text_.substr(at_, end - at_);
    if (word == "null") {
      node.value = std::monostate{};
    } else if (word == "true" || word == "false") {
      node.value = word == "true";
    } else if (!parse_number(word, node)) {
      return fail("this is neither a number, a quoted string, true, false nor null");
    }
    at_ += word.size();
    return true;
  }

  static bool parse_number(std::string_view word, Node& node) {
    const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
    const bool leading_zero =
        digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    const bool well_formed = !digits.empty() && digits.front() >= '0' && digits.front() <= '9' &&
                             digits.back() != '.' && digits.find(".e") == std::string_view::npos &&
                             digits.find(".E") == std::string_view::npos && !leading_zero;
    if (!well_formed) {
      return false;
    }
    const char* end = word.data() + word.size();
    std::int64_t integer = 0;
    if (const auto [stop, error] = std::from_chars(word.data(), end, integer);
        stop == end && error == std::errc{}) {
      node.value = integer;
      return true;
    }
    double number = 0;
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    node.value = number;
    return stop == end && error == std::errc{};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t nodes_ = 0;
  std::optional<FieldError> error_;
};

}  // namespace

std::vector<ParsedDocument> parse_json(std::string_view text) {
  std::vector<ParsedDocument> documents;
  if (auto defect = find_text_defect(text)) {
    documents.emplace_back(tl::unexpected(std::move(*defect)));
    return documents;
  }
  JsonParser parser(text);
  while (parser.more()) {
    if (documents.size() >= kMaxDocuments) {
      documents.emplace_back(tl::unexpected(
          FieldError{{}, "", fmt::format("the file has more than {} documents", kMaxDocuments)}));
      break;
    }
    documents.push_back(parser.next());
    if (!documents.back()) {
      break;
    }
  }
  return documents;
}

}  // namespace keelvip::api
