#include "pkg/status/json_writer.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

#include "pkg/base/utf8.h"

namespace keelvip::status {

void JsonWriter::separate() {
  if (comma_) {
    text_ += ',';
  }
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  text_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  text_ += '"';
  text_ += name;
  text_ += "\":";
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
}

void JsonWriter::value(bool truth) {
  raw(truth ? "true" : "false");
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

void JsonWriter::integer(std::int64_t number) {
  separate();
  const fmt::format_int digits(number);
  text_.append(digits.data(), digits.size());
}

void JsonWriter::natural(std::uint64_t number) {
  separate();
  const fmt::format_int digits(number);
  text_.append(digits.data(), digits.size());
}

void JsonWriter::quote(std::string_view text) {
  const auto needs_care = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x80 ||
           c == '"' || c == '\\';
  };
  text_ += '"';
  while (true) {
    const auto plain =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), needs_care) - text.begin());
    text_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const std::size_t length = base::utf8_length(text);
    const char first = text.front();
    if (length == 0) {
      text_ += base::kReplacementCharacter;
    } else if (first == '"' || first == '\\') {
      text_ += '\\';
      text_ += first;
    } else if (static_cast<unsigned char>(first) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(first));
    } else {
      text_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  text_ += '"';
}

}  // namespace keelvip::status
