#include "pkg/api/object_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pkg/api/print.h"
#include "pkg/api/text_check.h"

namespace keelvip::api {
namespace {

std::string describe_range(const IntegerRange& range) {
  std::string text =
      range.step > 1
          ? fmt::format("must be a multiple of {} from {} to {}", range.step, range.min, range.max)
          : fmt::format("must be a whole number from {} to {}", range.min, range.max);
  if (!range.why.empty()) {
    text += fmt::format(" ({})", range.why);
  }
  return text;
}

}  // namespace

std::string shown(std::string_view typed) {
  constexpr std::size_t kMaxShown = 64;
  std::string text = without_controls(typed.substr(0, kMaxShown));
  if (typed.size() <= kMaxShown) {
    return text;
  }
  // Not in the middle of a UTF-8 sequence.
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) {
    text.pop_back();
  }
  return text + "...";
}

void Errors::add(Position position, std::string_view field, std::string_view reason) {
  if (errors_.size() < kMax) {
    errors_.push_back({position, without_controls(field), without_controls(reason)});
  } else {
    ++left_out_;
  }
}

std::vector<FieldError> Errors::take() {
  std::stable_sort(errors_.begin(), errors_.end(), [](const FieldError& a, const FieldError& b) {
    return a.position < b.position;
  });
  if (left_out_ > 0) {
    errors_.push_back(
        {errors_.back().position, "", fmt::format("{} more errors are not shown", left_out_)});
  }
  return std::move(errors_);
}

std::string wrong_type(std::string_view expected, const Node& found) {
  std::string text = fmt::format("must be {}, not {}", expected, describe_type(found));
  const bool scalar = found.array() == nullptr && found.object() == nullptr;
  if (expected == "a string" && scalar) {
    text += ": put it in quotes";
  } else if (expected == "a list" && scalar) {
    text += ": put it in [brackets]";
  }
  return text;
}

ObjectReader::ObjectReader(const Node& node, std::string path, Errors& errors)
    : node_(node), path_(std::move(path)), errors_(errors) {
  if (node_.object() == nullptr) {
    errors_.add(node_.position, path_, wrong_type("an object", node_));
  }
}

std::string ObjectReader::path(std::string_view name) const {
  if (path_.empty() || name.empty()) {
    return path_.empty() ? std::string(name) : path_;
  }
  return fmt::format("{}.{}", path_, name);
}

const Node* ObjectReader::find(std::string_view name) {
  const bool asked_before = std::find(names_.begin(), names_.end(), name) != names_.end();
  if (!asked_before) {
    names_.push_back(name);
  }
  const Node* field = node_.find(name);
  if (field != nullptr && field->is_null()) {
    if (!asked_before) {
      errors_.add(field->position, path(name), "has no value: give it one or leave it out");
    }
    return nullptr;
  }
  return field;
}

const Node* ObjectReader::require(std::string_view name) {
  const Node* given = node_.find(name);
  if (given != nullptr && given->is_null()) {
    names_.push_back(name);
    errors_.add(given->position, path(name), "has no value, but is required");
    return nullptr;
  }
  const Node* field = find(name);
  if (field == nullptr && !has(name) && node_.object() != nullptr) {
    errors_.add(node_.position, path(name), "is required");
  }
  return field;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name,
                                                  const IntegerRange& range) {
  const Node* field = find(name);
  if (field == nullptr) {
    return std::nullopt;
  }
  const auto* number = std::get_if<std::int64_t>(&field->value);
  if (number != nullptr && *number >= range.min && *number <= range.max &&
      *number % range.step == 0) {
    return *number;
  }
  std::string reason = describe_range(range);
  if (number != nullptr) {
    reason += fmt::format(", not {}", *number);
  } else if (std::holds_alternative<double>(field->value)) {
    reason += fmt::format(", not {}", to_json(*field));
  } else {
    reason += fmt::format(", not {}", describe_type(*field));
    const std::string* text = field->text();
    if (text != nullptr && !text->empty() &&
        text->find_first_not_of("0123456789") == std::string::npos) {
      reason += ": remove the quotes";
    }
  }
  errors_.add(field->position, path(name), reason);
  return std::nullopt;
}

std::optional<std::string> ObjectReader::text(std::string_view name) {
  const Node* field = find(name);
  if (field == nullptr) {
    return std::nullopt;
  }
  if (field->text() == nullptr) {
    errors_.add(field->position, path(name), wrong_type("a string", *field));
    return std::nullopt;
  }
  return *field->text();
}

std::optional<std::size_t> ObjectReader::word_index(std::string_view name,
                                                    const std::vector<std::string_view>& words) {
  const Node* field = find(name);
  if (field == nullptr) {
    return std::nullopt;
  }
  const std::string allowed = words.size() == 1 ? std::string(words.front())
                                                : fmt::format("one of {}", fmt::join(words, ", "));
  const std::string* text = field->text();
  if (text == nullptr) {
    errors_.add(field->position, path(name),
                fmt::format("must be {}, not {}", allowed, describe_type(*field)));
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) {
    return static_cast<std::size_t>(found - words.begin());
  }
  std::string reason = fmt::format("must be {}, not \"{}\"", allowed, shown(*text));
  if (const std::string_view meant = nearest_name(*text, words); !meant.empty()) {
    reason += fmt::format("; did you mean \"{}\"?", meant);
  }
  errors_.add(field->position, path(name), reason);
  return std::nullopt;
}

void ObjectReader::refuse(std::string_view name, std::string_view reason) {
  const Node* field = node_.find(name);
  errors_.add(field != nullptr ? field->position : node_.position, path(name), reason);
}

void ObjectReader::refuse_unknown() {
  refuse_unknown({});
}

void ObjectReader::refuse_unknown_unseen() {
  if (node_.object() == nullptr) {
    return;
  }
  for (const Member& member : *node_.object()) {
    if (std::find(names_.begin(), names_.end(), member.key) == names_.end()) {
      errors_.add(member.position, path_,
                  fmt::format("unknown field, not shown because it may hold a secret (is there a "
                              "space after the colon?); known here: {}",
                              fmt::join(names_, ", ")));
    }
  }
}

void ObjectReader::refuse_unknown(
    const std::vector<std::pair<std::string_view, std::string_view>>& known) {
  if (node_.object() == nullptr) {
    return;
  }
  for (const Member& member : *node_.object()) {
    if (std::find(names_.begin(), names_.end(), member.key) != names_.end()) {
      continue;
    }
    std::string reason = fmt::format("unknown field \"{}\"", shown(member.key));
    const auto explained = std::find_if(known.begin(), known.end(),
                                        [&](const auto& pair) { return pair.first == member.key; });
    if (explained != known.end()) {
      reason += fmt::format(": {}", explained->second);
    } else if (const auto meant = nearest_name(member.key, names_); !meant.empty()) {
      reason += fmt::format(", did you mean \"{}\"?", meant);
    } else {
      reason += fmt::format("; known here: {}", fmt::join(names_, ", "));
    }
    errors_.add(member.position, path(shown(member.key)), reason);
  }
}

const Node::Array& read_list(const Node& node, const std::string& path, std::size_t max,
                             Errors& errors) {
  static const Node::Array kNone;
  const Node::Array* items = node.array();
  if (items == nullptr) {
    errors.add(node.position, path, wrong_type("a list", node));
    return kNone;
  }
  if (items->size() > max) {
    errors.add(node.position, path,
               fmt::format("must have at most {} entries, not {}", max, items->size()));
    return kNone;
  }
  return *items;
}

}  // namespace keelvip::api
