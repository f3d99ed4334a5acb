// Node: the one document tree that YAML files, JSON files and Kubernetes objects become before they
// are decoded, and that objects become before they are printed. A plain value. Parsers bound its
// depth (kMaxDepth), so recursion over it is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/api/field_error.h"
#include "pkg/api/origin.h"
#include "pkg/base/result.h"

namespace keelvip::api {

struct Member;

struct Node {
  using Array = std::vector<Node>;
  using Object = std::vector<Member>;  // in document order, keys unique

  Position position;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&value); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }

  /// The member of that name; nullptr if there is none or this is no object.
  [[nodiscard]] const Node* find(std::string_view key) const;

  /// Appends to an object (a null becomes one). The caller knows that `key` is new.
  void put(std::string key, Node node);
};

struct Member {
  std::string key;
  Position position;  // of the key
  Node value;
};

/// Compares what the trees say; positions do not count.
[[nodiscard]] bool operator==(const Node& left, const Node& right);

/// "a string", "a list", ...: what a person would call it.
[[nodiscard]] std::string_view describe_type(const Node& node);

/// What a parser makes of one document of a file.
using ParsedDocument = tl::expected<Node, FieldError>;

/// The limits of every parser. They are far above what any honest document needs.
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 200'000;          // a document
inline constexpr std::size_t kMaxScalarBytes = 1U << 18U;  // 256 KiB, as Kubernetes' annotations
inline constexpr std::size_t kMaxDocuments = 10'000;       // a file
inline constexpr std::size_t kMaxFileBytes = 4U << 20U;

}  // namespace keelvip::api
