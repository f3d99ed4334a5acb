// ObjectReader: strict reading of one object of a document, field by field. It remembers which
// names were asked for, so that any other is an error, and it reports into one Errors, so that a
// person sees everything at once. Internal to the decoder.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/field_error.h"
#include "pkg/api/nearest_name.h"
#include "pkg/api/node.h"
#include "pkg/api/words.h"

namespace keelvip::api {

class Errors {
 public:
  /// Beyond this many, one more says how many were left out.
  static constexpr std::size_t kMax = 50;

  /// `reason` may quote what stands in the document: control characters in it become '?'.
  void add(Position position, std::string_view field, std::string_view reason);
  [[nodiscard]] bool empty() const { return errors_.empty(); }

  /// Sorted by position.
  [[nodiscard]] std::vector<FieldError> take();

 private:
  std::vector<FieldError> errors_;
  std::size_t left_out_ = 0;
};

struct IntegerRange {
  std::int64_t min;
  std::int64_t max;
  std::int64_t step = 1;
  std::string_view why = {};  // in parentheses after the rule
};

/// What somebody typed, on one line of bounded length.
[[nodiscard]] std::string shown(std::string_view typed);

/// "must be a string, not a number: put it in quotes" and the like.
[[nodiscard]] std::string wrong_type(std::string_view expected, const Node& found);

class ObjectReader {
 public:
  /// If `node` is no object, says so; then every field is absent and no name is unknown.
  ObjectReader(const Node& node, std::string path, Errors& errors);

  /// nullptr if absent or null; null is an error: it could mean the default or nothing at all.
  const Node* find(std::string_view name);
  /// find() that reports absence.
  const Node* require(std::string_view name);

  /// Each is nullopt if the field is absent or wrong; wrong has been reported.
  std::optional<std::int64_t> integer(std::string_view name, const IntegerRange& range);
  std::optional<std::string> text(std::string_view name);
  template <typename Enum, std::size_t kCount>
  std::optional<Enum> word(std::string_view name, const std::array<Word<Enum>, kCount>& words);

  /// Accepts the field whatever it holds.
  void ignore(std::string_view name) { names_.push_back(name); }

  /// Reports an error of the field `name`, where it stands or, if absent, where the object does.
  void refuse(std::string_view name, std::string_view reason);
  /// Reports every field whose name nobody asked for. Call it last.
  void refuse_unknown();
  /// refuse_unknown() for an object that holds secrets: without a space after the colon a value is
  /// part of the name, so no name is shown.
  void refuse_unknown_unseen();
  /// refuse_unknown() with a better word for some of the names: pairs of name and reason.
  void refuse_unknown(const std::vector<std::pair<std::string_view, std::string_view>>& known);

  [[nodiscard]] bool has(std::string_view name) const { return node_.find(name) != nullptr; }
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Errors& errors() { return errors_; }

 private:
  std::optional<std::size_t> word_index(std::string_view name,
                                        const std::vector<std::string_view>& words);

  const Node& node_;
  std::string path_;
  Errors& errors_;
  std::vector<std::string_view> names_;
};

/// The items of a list field; reports what is no list or has more than `max` items (then: none).
[[nodiscard]] const Node::Array& read_list(const Node& node, const std::string& path,
                                           std::size_t max, Errors& errors);

template <typename Enum, std::size_t kCount>
std::optional<Enum> ObjectReader::word(std::string_view name,
                                       const std::array<Word<Enum>, kCount>& words) {
  std::vector<std::string_view> texts;
  for (const Word<Enum>& word : words) {
    texts.push_back(word.text);
  }
  const auto index = word_index(name, texts);
  return index ? std::optional(words[*index].value) : std::nullopt;
}

}  // namespace keelvip::api
