#include "pkg/api/print.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "pkg/base/overloaded.h"

namespace keelvip::api {
namespace {

/// Whether a control character of U+0080 to U+009F begins here, which steers terminals, too.
bool is_high_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (is_high_control(text)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                     static_cast<unsigned>(static_cast<unsigned char>(text[1])));
      text.remove_prefix(1);
      continue;
    }
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// A double always keeps a mark of one, so that it is read back as one.
std::string print_double(double number) {
  if (!std::isfinite(number)) {
    return "null";
  }
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) {
    text += ".0";
  }
  return text;
}

class JsonPrinter {
 public:
  JsonPrinter(std::string& out, int indent) : out_(out), indent_(indent) {}

  void print(const Node& node, int depth) {
    std::visit(base::overloaded{
                   [&](std::monostate) { out_ += "null"; },
                   [&](bool value) { out_ += value ? "true" : "false"; },
                   [&](std::int64_t value) { out_ += fmt::format("{}", value); },
                   [&](double value) { out_ += print_double(value); },
                   [&](const std::string& value) { append_quoted(out_, value); },
                   [&](const Node::Array& items) {
                     print_list(items, depth, '[', ']', [](const Node&) {});
                   },
                   [&](const Node::Object& members) {
                     print_list(members, depth, '{', '}', [this](const Member& member) {
                       append_quoted(out_, member.key);
                       out_ += indent_ > 0 ? ": " : ":";
                     });
                   },
               },
               node.value);
  }

 private:
  static const Node& value_of(const Node& item) { return item; }
  static const Node& value_of(const Member& member) { return member.value; }

  template <typename List, typename Prefix>
  void print_list(const List& list, int depth, char open, char close, const Prefix& prefix) {
    out_ += open;
    bool first = true;
    for (const auto& entry : list) {
      if (!first) {
        out_ += ',';
      }
      first = false;
      break_line(depth + 1);
      prefix(entry);
      print(value_of(entry), depth + 1);
    }
    if (!first) {
      break_line(depth);
    }
    out_ += close;
  }

  void break_line(int depth) {
    if (indent_ > 0) {
      out_ += '\n';
      out_.append(static_cast<std::size_t>(depth) * static_cast<std::size_t>(indent_), ' ');
    }
  }

  std::string& out_;
  int indent_;
};

/// Whether every YAML reader takes the bare text for this very string. Cautious: a word with a
/// meaning in YAML 1.1 (yes, on, ~) or that starts like a number is quoted, unless a slash makes
/// an address with its prefix length of it.
bool is_plain(std::string_view text) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || !(word(text.front()) || text.front() == '/') ||
      !std::all_of(text.begin(), text.end(), [&](char c) {
        return word(c) || c == '.' || c == '-' || c == '_' || c == '/';
      })) {
    return false;
  }
  const bool starts_like_number = text.front() >= '0' && text.front() <= '9';
  if (starts_like_number && text.find('/') == std::string_view::npos) {
    return false;
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const char* reserved : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == reserved) {
      return false;
    }
  }
  return true;
}

void append_yaml_text(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

void append_yaml(std::string& out, const Node& node, std::size_t depth);

bool is_block(const Node& node) {
  const Node::Array* items = node.array();
  const Node::Object* members = node.object();
  return (items != nullptr && !items->empty()) || (members != nullptr && !members->empty());
}

void append_yaml_members(std::string& out, const Node::Object& members, std::size_t depth) {
  bool first = true;
  for (const Member& member : members) {
    if (!first) {
      out.append(depth * 2, ' ');
    }
    first = false;
    append_yaml_text(out, member.key);
    out += ':';
    if (!is_block(member.value)) {
      out += ' ';
      append_yaml(out, member.value, depth);
    } else {
      // A list stands at the column of its key, as kubectl prints it.
      const std::size_t inner = member.value.array() != nullptr ? depth : depth + 1;
      out += '\n';
      out.append(inner * 2, ' ');
      append_yaml(out, member.value, inner);
    }
  }
}

/// The text starts where the caller left off and ends with a newline.
void append_yaml(std::string& out, const Node& node, std::size_t depth) {
  if (!is_block(node)) {
    if (const std::string* text = node.text()) {
      append_yaml_text(out, *text);
    } else {
      out += to_json(node);
    }
    out += '\n';
    return;
  }
  if (const Node::Object* members = node.object()) {
    append_yaml_members(out, *members, depth);
    return;
  }
  bool first = true;
  for (const Node& item : *node.array()) {
    if (!first) {
      out.append(depth * 2, ' ');
    }
    first = false;
    out += "- ";
    append_yaml(out, item, depth + 1);
  }
}

}  // namespace

std::string to_json(const Node& node, int indent) {
  std::string out;
  JsonPrinter(out, indent).print(node, 0);
  if (indent > 0) {
    out += '\n';
  }
  return out;
}

std::string to_yaml(const Node& node) {
  std::string out;
  append_yaml(out, node, 0);
  return out;
}

}  // namespace keelvip::api
