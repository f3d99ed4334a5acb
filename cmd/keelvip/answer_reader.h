// Reads an agent's answer without trusting it: what is missing or of another type reads as empty.
// An older or newer agent shows less, never a crash. Main thread.
#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/node.h"
#include "pkg/base/time.h"

namespace keelvip::cmd {

/// The value below `node` at that path of names; nullptr if there is none.
[[nodiscard]] const api::Node* at(const api::Node& node,
                                  std::initializer_list<std::string_view> path);

/// A string, number or truth value as text; empty if there is none.
[[nodiscard]] std::string text_at(const api::Node& node,
                                  std::initializer_list<std::string_view> path);

/// The elements of the list at that path; none if there is no list.
[[nodiscard]] const api::Node::Array& list_at(const api::Node& node,
                                              std::initializer_list<std::string_view> path);

/// "a,b" from a list of texts.
[[nodiscard]] std::string joined(const api::Node::Array& items);

/// The element of `items` whose `key` is `value`; nullptr if there is none.
[[nodiscard]] const api::Node* find_by(const api::Node::Array& items, std::string_view key,
                                       std::string_view value);

/// The object of that name in the `items` of /status; nullptr if there is none.
[[nodiscard]] const api::Node* find_vip(const api::Node& status, std::string_view name);

/// "lb-1 is drained for 5m10s: kernel upgrade"; empty if the node is not.
[[nodiscard]] std::string drain_line(const api::Node& status, base::WallTime now);

/// One line per reason for each refused document in /status; only those named `name` unless that is
/// empty. Returns the number of documents.
std::size_t print_refused(const api::Node& status, std::string_view name, std::ostream& out);

}  // namespace keelvip::cmd
