#include "cmd/keelvip/answer_reader.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <variant>

#include <fmt/format.h>

#include "cmd/keelvip/age.h"
#include "cmd/keelvip/table.h"
#include "pkg/base/overloaded.h"

namespace keelvip::cmd {

const api::Node* at(const api::Node& node, std::initializer_list<std::string_view> path) {
  const api::Node* found = &node;
  for (const std::string_view name : path) {
    found = found->find(name);
    if (found == nullptr) {
      return nullptr;
    }
  }
  return found;
}

std::string text_at(const api::Node& node, std::initializer_list<std::string_view> path) {
  const api::Node* found = at(node, path);
  if (found == nullptr) {
    return {};
  }
  return std::visit(base::overloaded{
                        [](const std::string& text) { return text; },
                        [](std::int64_t number) { return fmt::format("{}", number); },
                        [](double number) { return fmt::format("{}", number); },
                        [](bool truth) { return std::string(truth ? "true" : "false"); },
                        [](const auto&) { return std::string(); },
                    },
                    found->value);
}

const api::Node::Array& list_at(const api::Node& node,
                                std::initializer_list<std::string_view> path) {
  static const api::Node::Array kEmpty;
  const api::Node* found = at(node, path);
  return found != nullptr && found->array() != nullptr ? *found->array() : kEmpty;
}

std::string joined(const api::Node::Array& items) {
  std::string text;
  for (const api::Node& item : items) {
    text += (text.empty() ? "" : ",") + text_at(item, {});
  }
  return text;
}

const api::Node* find_by(const api::Node::Array& items, std::string_view key,
                         std::string_view value) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const api::Node& item) {
    return text_at(item, {key}) == value;
  });
  return found == items.end() ? nullptr : &*found;
}

const api::Node* find_vip(const api::Node& status, std::string_view name) {
  const auto& items = list_at(status, {"items"});
  const auto found = std::find_if(items.begin(), items.end(), [&](const api::Node& item) {
    return text_at(item, {"metadata", "name"}) == name;
  });
  return found == items.end() ? nullptr : &*found;
}

std::string drain_line(const api::Node& status, base::WallTime now) {
  if (text_at(status, {"drain", "drained"}) != "true") {
    return {};
  }
  const std::string age = age_since(text_at(status, {"drain", "since"}), now);
  const std::string reason = text_at(status, {"drain", "reason"});
  return printable(fmt::format("{} is drained{}{}", text_at(status, {"node"}),
                               age.empty() ? "" : " for " + age,
                               reason.empty() ? "" : ": " + reason));
}

std::size_t print_refused(const api::Node& status, std::string_view name, std::ostream& out) {
  std::size_t documents = 0;
  for (const api::Node& rejected : list_at(status, {"specs", "rejected"})) {
    if (!name.empty() && text_at(rejected, {"name"}) != name) {
      continue;
    }
    ++documents;
    const std::string_view consequence = text_at(rejected, {"previousInForce"}) == "true"
                                             ? " (the version before it stays in force)"
                                             : "";
    for (const api::Node& error : list_at(rejected, {"errors"})) {
      const std::string field = text_at(error, {"field"});
      const std::string line = text_at(error, {"line"});
      const std::string position =
          line == "0" ? "" : fmt::format(":{}:{}", line, text_at(error, {"column"}));
      out << "refused: "
          << printable(fmt::format("{}{}: {}{}{}{}", text_at(rejected, {"source"}), position, field,
                                   field.empty() ? "" : ": ", text_at(error, {"reason"}),
                                   consequence))
          << '\n';
    }
  }
  return documents;
}

}  // namespace keelvip::cmd
