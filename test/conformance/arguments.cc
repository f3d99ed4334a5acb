#include "arguments.h"

#include <cmath>
#include <cstdlib>
#include <sstream>

#include <fmt/core.h>

namespace keelvip::conformance {

void malformed(std::string_view what) {
  fmt::print(stderr, "transcript: {}\n", what);
  std::exit(2);
}

Arguments::Arguments(std::string_view line) : line_(line) {
  std::istringstream stream(line_);
  stream >> verb_;
  for (std::string word; stream >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      words_.push_back(word);
    } else {
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
}

std::optional<std::string> Arguments::find(const std::string& key) {
  used_.insert(key);
  const auto found = values_.find(key);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::string Arguments::text(const std::string& key, std::string_view fallback) {
  return find(key).value_or(std::string(fallback));
}

int Arguments::number(const std::string& key, int fallback) {
  const auto value = find(key);
  return value ? number_from(*value) : fallback;
}

bool Arguments::yes(const std::string& key, bool fallback) {
  const auto value = find(key);
  if (value && *value != "yes" && *value != "no") {
    malformed(fmt::format("{} is yes or no: {}", key, line_));
  }
  return value ? *value == "yes" : fallback;
}

std::vector<std::string> Arguments::list(const std::string& key) {
  std::vector<std::string> items;
  std::istringstream stream(text(key, ""));
  for (std::string item; std::getline(stream, item, ',');) {
    items.push_back(item);
  }
  return items;
}

void Arguments::expect_all_used() const {
  for (const auto& [key, value] : values_) {
    if (!used_.contains(key)) {
      malformed(fmt::format("unknown key {}: {}", key, line_));
    }
  }
}

int number_from(std::string_view text) {
  const std::string digits(text);
  char* end = nullptr;
  const long value = std::strtol(digits.c_str(), &end, 0);
  if (digits.empty() || *end != '\0') {
    malformed(fmt::format("not a number: {}", text));
  }
  return static_cast<int>(value);
}

base::Duration duration_from(std::string_view text) {
  const std::string value(text);
  char* unit = nullptr;
  const double number = std::strtod(value.c_str(), &unit);
  const std::map<std::string, double> units{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
  const auto found = units.find(unit);
  if (found == units.end()) {
    malformed(fmt::format("not a duration: {}", text));
  }
  return base::Duration{std::llround(number * found->second)};
}

net::IpAddress address_from(std::string_view text) {
  const auto address = net::IpAddress::parse(text);
  if (!address) {
    malformed(address.error().message);
  }
  return *address;
}

std::string print(base::Duration duration) {
  std::string text = fmt::format("{}.{:09}", duration / std::chrono::seconds(1),
                                 (duration % std::chrono::seconds(1)).count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') {
    text.pop_back();
  }
  return text + "s";
}

std::string print(base::Instant instant) {
  return instant == base::kNever ? "never" : print(instant.time_since_epoch());
}

}  // namespace keelvip::conformance
