#include "pkg/api/node.h"

#include <algorithm>
#include <utility>

#include "pkg/base/overloaded.h"

namespace keelvip::api {

const Node* Node::find(std::string_view key) const {
  const Object* members = object();
  if (members == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(members->begin(), members->end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members->end() ? nullptr : &found->value;
}

void Node::put(std::string key, Node node) {
  if (is_null()) {
    value = Object{};
  }
  std::get<Object>(value).push_back({std::move(key), {}, std::move(node)});
}

bool operator==(const Node& left, const Node& right) {
  if (left.value.index() != right.value.index()) {
    return false;
  }
  return std::visit(base::overloaded{
                        [&](const Node::Array& items) { return items == *right.array(); },
                        // JSON objects have no order.
                        [&](const Node::Object& members) {
                          return members.size() == right.object()->size() &&
                                 std::all_of(members.begin(), members.end(), [&](const auto& m) {
                                   const Node* other = right.find(m.key);
                                   return other != nullptr && m.value == *other;
                                 });
                        },
                        [&](const auto& scalar) {
                          using Scalar = std::decay_t<decltype(scalar)>;
                          return scalar == std::get<Scalar>(right.value);
                        },
                    },
                    left.value);
}

std::string_view describe_type(const Node& node) {
  return std::visit(base::overloaded{
                        [](std::monostate) { return std::string_view{"null"}; },
                        [](bool) { return std::string_view{"a boolean"}; },
                        [](std::int64_t) { return std::string_view{"a number"}; },
                        [](double) { return std::string_view{"a number"}; },
                        [](const std::string&) { return std::string_view{"a string"}; },
                        [](const Node::Array&) { return std::string_view{"a list"}; },
                        [](const Node::Object&) { return std::string_view{"an object"}; },
                    },
                    node.value);
}

}  // namespace keelvip::api
