#include "pkg/specfile/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace keelvip::specfile {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_one_of(std::string_view text, const auto& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// "yes" in all the ways that YAML 1.1 takes for true: yes, Yes, YES.
bool is_boolean_of_yaml_1_1(std::string_view text) {
  constexpr std::array<std::string_view, 16> kWords = {"y",  "Y",   "yes", "Yes", "YES", "n",
                                                       "N",  "no",  "No",  "NO",  "on",  "On",
                                                       "ON", "off", "Off", "OFF"};
  return is_one_of(text, kWords);
}

bool is_number_with_base(std::string_view unsigned_text) {
  if (unsigned_text.size() < 3 || unsigned_text[0] != '0') {
    return false;
  }
  constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
  const std::string_view digits = unsigned_text.substr(2);
  switch (unsigned_text[1]) {
    case 'x':
      return digits.find_first_not_of(kHexDigits) == std::string_view::npos;
    case 'o':
    case 'b':
      return digits.find_first_not_of(kDigits) == std::string_view::npos;
    default:
      return false;
  }
}

bool is_special_float(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords = {".nan",  ".NaN",  ".NAN",  ".inf",
                                                       ".Inf",  ".INF",  "-.inf", "-.Inf",
                                                       "-.INF", "+.inf", "+.Inf", "+.INF"};
  return is_one_of(text, kWords);
}

/// Digits with at most one point and an exponent: (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_float(std::string_view unsigned_text) {
  const std::size_t exponent = unsigned_text.find_first_of("eE");
  std::string_view mantissa = unsigned_text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view digits = unsigned_text.substr(exponent + 1);
    if (digits.starts_with('-') || digits.starts_with('+')) {
      digits.remove_prefix(1);
    }
    if (digits.empty() || digits.find_first_not_of(kDigits) != std::string_view::npos) {
      return false;
    }
  }
  const std::size_t point = mantissa.find('.');
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : mantissa.substr(point + 1);
  const std::string_view whole = mantissa.substr(0, point);
  return !(whole.empty() && fraction.empty()) &&
         whole.find_first_not_of(kDigits) == std::string_view::npos &&
         fraction.find_first_not_of(kDigits) == std::string_view::npos;
}

tl::unexpected<std::string> refuse(const char* reason) {
  return tl::unexpected<std::string>(reason);
}

api::Node text_node(std::string_view text) {
  return {{}, std::string(text)};
}

tl::expected<api::Node, std::string> read_number(std::string_view text,
                                                 std::string_view unsigned_text) {
  const bool leading_zero = unsigned_text.size() > 1 && unsigned_text[0] == '0' &&
                            kDigits.find(unsigned_text[1]) != std::string_view::npos;
  if (leading_zero) {
    return refuse(
        "a number with a leading zero is octal to some readers and decimal to "
        "others: remove the zero, or put it in quotes if it is text");
  }
  // from_chars knows no plus sign.
  const std::string_view number = text.starts_with('+') ? unsigned_text : text;
  const char* end = number.data() + number.size();
  std::int64_t integer = 0;
  if (const auto [stop, error] = std::from_chars(number.data(), end, integer);
      stop == end && error == std::errc{}) {
    return api::Node{{}, integer};
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (stop != end || error != std::errc{}) {
    return refuse("this number is out of range");
  }
  return api::Node{{}, value};
}

}  // namespace

tl::expected<api::Node, std::string> read_plain_scalar(std::string_view text) {
  constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 3> kTrue = {"true", "True", "TRUE"};
  constexpr std::array<std::string_view, 3> kFalse = {"false", "False", "FALSE"};
  if (is_one_of(text, kNulls)) {
    return api::Node{};
  }
  if (is_one_of(text, kTrue) || is_one_of(text, kFalse)) {
    return api::Node{{}, is_one_of(text, kTrue)};
  }
  if (is_boolean_of_yaml_1_1(text)) {
    return refuse(
        "this word is a boolean to some readers and text to others: write true "
        "or false, or put it in quotes if it is text");
  }
  if (is_special_float(text)) {
    return refuse(
        "infinity and \"not a number\" are no values: put it in quotes if it is "
        "text");
  }
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const std::string_view unsigned_text = text.substr(has_sign ? 1 : 0);
  if (is_number_with_base(unsigned_text)) {
    return refuse(
        "a number must be decimal: write it so, or put it in quotes if it is "
        "text");
  }
  return is_float(unsigned_text) ? read_number(text, unsigned_text) : text_node(text);
}

}  // namespace keelvip::specfile
