#include "pkg/runtime/log_line.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include <fmt/format.h>

#include "pkg/base/utf8.h"

namespace keelvip::runtime {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      break;
  }
  return "error";
}

/// RFC 3339, by the calendar of the standard library: gmtime_r() may allocate on its first call.
void put_time(std::pmr::string& out, base::WallTime at) {
  using namespace std::chrono;
  const auto since_epoch = at.time_since_epoch();
  const auto day = floor<days>(since_epoch);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss time(floor<microseconds>(since_epoch - day));
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                 int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
                 time.hours().count(), time.minutes().count(), time.seconds().count(),
                 time.subseconds().count());
}

bool is_plain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

}  // namespace

LogLine::LogLine(LogFormat format, base::WallTime at, LogLevel level, std::string_view message)
    : format_(format) {
  text_.reserve(kInPlace);
  if (format_ == LogFormat::kJson) {
    text_ += R"({"time":")";
    put_time(text_, at);
    text_ += R"(","level":")";
    text_ += name_of(level);
    text_ += R"(","message":)";
    put_quoted(message);
    return;
  }
  put_time(text_, at);
  fmt::format_to(std::back_inserter(text_), " {:<5} {}", name_of(level), message);
}

LogLine& LogLine::field(std::string_view key, std::string_view value) {
  const bool json = format_ == LogFormat::kJson;
  text_ += json ? ',' : ' ';
  if (json) {
    put_quoted(key);
  } else {
    text_ += key;
  }
  text_ += json ? ':' : '=';
  if (json || !is_plain(value)) {
    put_quoted(value);
  } else {
    text_ += value;
  }
  return *this;
}

LogLine& LogLine::field(std::string_view key, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto written = fmt::format_to_n(digits.data(), digits.size(), "{}", value);
  return field(key, std::string_view(digits.data(), written.size));
}

void LogLine::put_quoted(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) {
      text_ += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      text_ += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  text_ += '"';
}

std::string_view LogLine::finish() {
  if (format_ == LogFormat::kJson) {
    text_ += '}';
  }
  return text_;
}

void LogLine::write() {
  (void)finish();
  text_ += '\n';
  // A pipe that is ready takes 4,096 bytes without blocking.
  pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) > 0) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text_.data(), text_.size());
  }
}

}  // namespace keelvip::runtime
