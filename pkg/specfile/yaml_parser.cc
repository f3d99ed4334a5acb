#include "pkg/specfile/yaml_parser.h"

#include <exception>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
// After yaml.h: yaml-cpp's own header misses an include.
#include <yaml-cpp/eventhandler.h>

#include "pkg/api/object_reader.h"
#include "pkg/api/text_check.h"
#include "pkg/base/utf8.h"
#include "pkg/specfile/document_splitter.h"
#include "pkg/specfile/yaml_scalar.h"

namespace keelvip::specfile {
namespace {

api::Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? api::Position{1, 1}
                        : api::Position{static_cast<std::uint32_t>(mark.line + 1),
                                        static_cast<std::uint32_t>(mark.column + 1)};
}

/// The file is text without NUL; an escape can still bring one in, which would cut a password or a
/// command short, and yaml-cpp makes a byte that is no UTF-8 of \N and of \_.
bool has_bad_escape(std::string_view value) {
  while (!value.empty()) {
    const std::size_t length = base::utf8_length(value);
    if (length == 0 || value.front() == '\0') {
      return true;
    }
    value.remove_prefix(length);
  }
  return false;
}

/// Builds the tree of one document. Once something is refused it ignores the rest of the document:
/// yaml-cpp knows no way to stop but exceptions, and the rest is bounded by the size of the file.
class TreeBuilder : public YAML::EventHandler {
 public:
  [[nodiscard]] bool has_refused() const { return error_.has_value(); }

  [[nodiscard]] api::ParsedDocument take() {
    if (error_) {
      return tl::unexpected(std::move(*error_));
    }
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) {
      refuse(mark, "a second document starts here without a \"---\" line");
    }
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(mark, api::Node{});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not accepted: repeat the value");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    if (value.size() > api::kMaxScalarBytes) {
      refuse(mark, fmt::format("a scalar is longer than {} bytes", api::kMaxScalarBytes));
    }
    // yaml-cpp tags a plain scalar "?" and a quoted or block scalar "!".
    const bool plain = tag == "?" || tag.empty();
    if (!plain && tag != "!") {
      refuse(mark, kTagRefused);
    }
    if (has_bad_escape(value)) {
      refuse(mark, kEscapeRefused);
    }
    if (error_) {
      return;
    }
    if (is_key()) {
      add_key(mark, value, plain);
      return;
    }
    auto node = plain ? read_plain_scalar(value) : api::Node{{}, value};
    if (!node) {
      refuse(mark, node.error());
      return;
    }
    add(mark, std::move(*node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, {{}, api::Node::Array{}});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, {{}, api::Node::Object{}});
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or object that is being filled.
  struct Frame {
    api::Node node;
    std::set<std::string, std::less<>> keys;
    std::optional<api::Member> key;  // its value comes next
  };

  static constexpr const char* kTagRefused =
      "tags (!name) are not accepted: put text in quotes instead";
  static constexpr const char* kEscapeRefused =
      R"(the escapes \0, \N and \_ are not accepted: write the character itself)";
  static constexpr const char* kKeyRefused = "a key must be a word, not null, a list or an object";

  void refuse(const YAML::Mark& mark, std::string reason) {
    if (!error_) {
      error_ = api::FieldError{position_of(mark), "", std::move(reason)};
    }
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      refuse(mark, "anchors (&name) are not accepted: repeat the value");
    }
  }

  void count_node(const YAML::Mark& mark) {
    if (++nodes_ > api::kMaxNodes) {
      refuse(mark, fmt::format("the document has more than {} values", api::kMaxNodes));
    }
  }

  [[nodiscard]] bool is_key() const {
    return !stack_.empty() && stack_.back().node.object() != nullptr && !stack_.back().key;
  }

  void add_key(const YAML::Mark& mark, const std::string& key, bool plain) {
    if (plain && key == "<<") {
      refuse(mark, "merge keys (<<) are not accepted: repeat the values");
    } else if (!stack_.back().keys.insert(key).second) {
      refuse(mark, fmt::format("duplicate key \"{}\"", api::shown(key)));
    }
    stack_.back().key = api::Member{key, position_of(mark), {}};
  }

  void add(const YAML::Mark& mark, api::Node node) {
    count_node(mark);
    if (is_key()) {
      refuse(mark, kKeyRefused);
    }
    if (error_) {
      return;
    }
    node.position = position_of(mark);
    put(std::move(node));
  }

  void put(api::Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (auto* items = std::get_if<api::Node::Array>(&frame.node.value)) {
      items->push_back(std::move(node));
      return;
    }
    frame.key->value = std::move(node);
    std::get<api::Node::Object>(frame.node.value).push_back(std::move(*frame.key));
    frame.key.reset();
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, api::Node node) {
    refuse_anchor(mark, anchor);
    count_node(mark);
    if (!tag.empty() && tag != "?") {
      refuse(mark, kTagRefused);
    } else if (is_key()) {
      refuse(mark, kKeyRefused);
    } else if (stack_.size() >= api::kMaxDepth) {
      refuse(mark, fmt::format("nesting deeper than {} levels", api::kMaxDepth));
    }
    if (error_) {
      return;
    }
    node.position = position_of(mark);
    stack_.push_back({std::move(node), {}, std::nullopt});
  }

  void close() {
    if (error_) {
      return;
    }
    api::Node node = std::move(stack_.back().node);
    stack_.pop_back();
    put(std::move(node));
  }

  api::Node root_;
  std::vector<Frame> stack_;
  std::size_t nodes_ = 0;
  bool started_ = false;
  std::optional<api::FieldError> error_;
};

/// Why yaml-cpp may stumble over this line, in words that help.
std::string_view hint_for(std::string_view text, std::size_t line, std::string_view reason) {
  for (std::size_t i = 0; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return "";
    }
    text.remove_prefix(end + 1);
  }
  const std::size_t start = text.find_first_not_of(' ');
  if (start != std::string_view::npos && text[start] == '\t') {
    return " (a tab indents this line: use spaces)";
  }
  return reason == "illegal map value" || reason == "end of map not found"
             ? " (is this line, or the one above it, indented by too many or too few spaces?)"
             : "";
}

/// Directives ("%YAML ...") stand before everything else; a content line cannot start with "%".
bool starts_with_directive(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.starts_with('%')) {
      return true;
    }
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start != std::string_view::npos && line[start] != '#') {
      return false;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return false;
}

api::ParsedDocument parse_document(const DocumentText& document) {
  const auto refuse = [](const YAML::Mark& mark, std::string reason) {
    return tl::unexpected(api::FieldError{position_of(mark), "", std::move(reason)});
  };
  if (starts_with_directive(document.text)) {
    return refuse(YAML::Mark(), "directives (%) are not accepted: remove the line");
  }
  TreeBuilder builder;
  try {
    // Without the end marker yaml-cpp takes an open quote at the end of the text for a closed one.
    std::istringstream stream(
        fmt::format("{}{}...\n", document.text, document.text.ends_with('\n') ? "" : "\n"));
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    // There is one document in the text, so this finds an end, or a document that starts where
    // none may. Never in a loop: on some invalid input yaml-cpp finds documents for ever.
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    if (builder.has_refused()) {
      return builder.take();
    }
    const auto line = static_cast<std::size_t>(error.mark.is_null() ? 0 : error.mark.line);
    return refuse(error.mark,
                  fmt::format("{}{}", error.msg, hint_for(document.text, line, error.msg)));
  } catch (const std::exception&) {
    return refuse(YAML::Mark(), "the document is no YAML");
  }
  return builder.take();
}

void shift_lines(api::Node& node, std::uint32_t lines) {
  node.position.line += lines;
  if (auto* items = std::get_if<api::Node::Array>(&node.value)) {
    for (api::Node& item : *items) {
      shift_lines(item, lines);
    }
  } else if (auto* members = std::get_if<api::Node::Object>(&node.value)) {
    for (api::Member& member : *members) {
      member.position.line += lines;
      shift_lines(member.value, lines);
    }
  }
}

}  // namespace

std::vector<api::ParsedDocument> parse_yaml(std::string_view text) {
  std::vector<api::ParsedDocument> documents;
  if (auto defect = api::find_text_defect(text)) {
    documents.emplace_back(tl::unexpected(std::move(*defect)));
    return documents;
  }
  for (const DocumentText& document : split_documents(text)) {
    if (documents.size() >= api::kMaxDocuments) {
      documents.emplace_back(tl::unexpected(
          api::FieldError{{document.first_line, 1},
                          "",
                          fmt::format("the file has more than {} documents", api::kMaxDocuments)}));
      break;
    }
    // The parser counted lines from the start of the document's text.
    const std::uint32_t lines_before = document.first_line - 1;
    documents.push_back(parse_document(document));
    if (documents.back()) {
      shift_lines(*documents.back(), lines_before);
    } else {
      documents.back().error().position.line += lines_before;
    }
  }
  return documents;
}

}  // namespace keelvip::specfile
