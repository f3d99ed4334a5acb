#include "cmd/keelvip/age.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

namespace keelvip::cmd {

namespace {

/// Digits at `at`; nullopt if there are others.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, number);
  if (error != std::errc{} || end != begin + count || number < 0) {
    return std::nullopt;
  }
  return number;
}

struct Unit {
  char name;
  std::int64_t seconds;
};
constexpr std::array kUnits{Unit{'d', 86'400}, Unit{'h', 3'600}, Unit{'m', 60}, Unit{'s', 1}};

/// What a WallTime, which counts nanoseconds, can hold.
constexpr std::chrono::year_month_day kFirst{std::chrono::year{1970}, std::chrono::month{1},
                                             std::chrono::day{1}};
constexpr std::chrono::year_month_day kEnd{std::chrono::year{2262}, std::chrono::month{1},
                                           std::chrono::day{1}};

/// A unit is used from twice itself on, and beside it the next one while that still says something.
constexpr std::int64_t kLeast = 2;
constexpr std::int64_t kExactBelow = 10;

}  // namespace

std::optional<base::WallTime> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kShape.size() || !text.ends_with('Z')) {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || date < kFirst || date >= kEnd) {
    return std::nullopt;
  }
  const std::chrono::sys_days midnight{date};
  return base::WallTime{midnight.time_since_epoch() + std::chrono::hours{*hour} +
                        std::chrono::minutes{*minute} + std::chrono::seconds{*second}};
}

std::string describe_age(base::Duration age) {
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(age).count());
  std::size_t i = 0;
  while (i + 1 < kUnits.size() && seconds < kLeast * kUnits[i].seconds) {
    ++i;
  }
  const std::int64_t count = seconds / kUnits[i].seconds;
  std::string text = fmt::format("{}{}", count, kUnits[i].name);
  if (count < kExactBelow && i + 1 < kUnits.size()) {
    const std::int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    if (rest > 0) {
      text += fmt::format("{}{}", rest, kUnits[i + 1].name);
    }
  }
  return text;
}

std::string age_since(std::string_view text, base::WallTime now) {
  const auto time = parse_time(text);
  return time ? describe_age(now - *time) : std::string();
}

}  // namespace keelvip::cmd
