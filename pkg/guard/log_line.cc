#include "pkg/guard/log_line.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace keelvip::guard {

namespace {

// Room for "}" and the newline, whatever was cut.
constexpr std::size_t kEnd = 2;

std::string_view name_of(runtime::LogLevel level) {
  switch (level) {
    case runtime::LogLevel::kDebug:
      return "debug";
    case runtime::LogLevel::kInfo:
      return "info";
    case runtime::LogLevel::kWarn:
      return "warn";
    case runtime::LogLevel::kError:
      break;
  }
  return "error";
}

/// Calendar arithmetic of the standard library: gmtime_r() may allocate on its first call.
std::size_t write_time(base::WallTime at, std::array<char, 32>& out) {
  using namespace std::chrono;
  const auto since_epoch = at.time_since_epoch();
  const auto day = floor<days>(since_epoch);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss time(floor<microseconds>(since_epoch - day));
  const auto written = fmt::format_to_n(
      out.data(), out.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int{date.year()},
      unsigned{date.month()}, unsigned{date.day()}, time.hours().count(), time.minutes().count(),
      time.seconds().count(), time.subseconds().count());
  return std::min(written.size, out.size());
}

}  // namespace

LogLine::LogLine(runtime::LogFormat format, base::WallTime at, runtime::LogLevel level,
                 std::string_view message)
    : format_(format) {
  std::array<char, 32> time{};
  const std::string_view stamp(time.data(), write_time(at, time));
  if (format_ == runtime::LogFormat::kJson) {
    put(R"({"time":")");
    put(stamp);
    put(R"(","level":")");
    put(name_of(level));
    put(R"(","message":")");
    put(message);
    put("\"");
    return;
  }
  put(stamp);
  put(" ");
  put(name_of(level));
  put(name_of(level).size() < 5 ? "  " : " ");
  put(message);
}

void LogLine::put(std::string_view text) {
  const std::size_t room = text_.size() - kEnd - size_;
  size_ += text.copy(&text_.at(size_), std::min(room, text.size()));
}

LogLine& LogLine::field(std::string_view key, std::string_view value) {
  if (format_ == runtime::LogFormat::kJson) {
    put(",\"");
    put(key);
    put("\":\"");
    put(value);
    put("\"");
    return *this;
  }
  const bool plain = !value.empty() && value.find_first_of(" =") == std::string_view::npos;
  put(" ");
  put(key);
  put(plain ? "=" : "=\"");
  put(value);
  put(plain ? "" : "\"");
  return *this;
}

LogLine& LogLine::field(std::string_view key, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto written = fmt::format_to_n(digits.data(), digits.size(), "{}", value);
  return field(key, std::string_view(digits.data(), written.size));
}

std::string_view LogLine::finish() {
  if (format_ == runtime::LogFormat::kJson) {
    text_.at(size_++) = '}';
  }
  text_.at(size_++) = '\n';
  return {text_.data(), size_};
}

void LogLine::write() {
  const std::string_view line = finish();
  // A pipe that is ready takes 4,096 bytes without blocking.
  pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) > 0) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }
}

}  // namespace keelvip::guard
