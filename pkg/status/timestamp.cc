#include "pkg/status/timestamp.h"

#include <chrono>

#include <fmt/format.h>

namespace keelvip::status {

namespace {

/// "2026-01-31T23:59:59"
std::string calendar_text(std::chrono::sys_seconds at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

std::string rfc3339_seconds(base::WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
  return calendar_text(std::chrono::sys_seconds(seconds)) + "Z";
}

std::string rfc3339_micros(base::WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
  const auto micros =
      std::chrono::floor<std::chrono::microseconds>(at.time_since_epoch() - seconds).count();
  return fmt::format("{}.{:06}Z", calendar_text(std::chrono::sys_seconds(seconds)), micros);
}

}  // namespace keelvip::status
