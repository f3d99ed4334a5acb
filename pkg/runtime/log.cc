#include "pkg/runtime/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <memory>

#include <fmt/format.h>

#include "pkg/base/utf8.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/thread.h"

namespace keelvip::runtime {
namespace {

constexpr std::size_t kQueueLines = 1024;

struct Log {
  LogFormat format;
  LogLevel least;
  std::shared_ptr<spdlog::async_logger> logger;
  // Destroyed first: its thread ends, and only then goes the logger that it writes through.
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

std::unique_ptr<Log> g_log;  // set and cleared by the main thread while no other logs

std::string_view level_name(LogLevel level) {
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

std::string rfc3339(base::WallTime at) {
  const auto since_epoch = at.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto time = static_cast<time_t>(seconds.count());
  tm utc{};
  ::gmtime_r(&time, &utc);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(since_epoch - seconds).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, micros);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

bool plain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  return level == LogLevel::kError ? spdlog::level::err : spdlog::level::info;
}

}  // namespace

std::string format_log_line(LogFormat format, base::WallTime at, LogLevel level,
                            std::string_view message, const std::vector<LogField>& fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    line = fmt::format(R"({{"time":"{}","level":"{}","message":)", rfc3339(at), level_name(level));
    append_quoted(line, message);
    for (const LogField& field : fields) {
      line += ',';
      append_quoted(line, field.key);
      line += ':';
      append_quoted(line, field.value);
    }
    line += '}';
    return line;
  }
  line = fmt::format("{} {:<5} {}", rfc3339(at), level_name(level), message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (plain(field.value)) {
      line += field.value;
    } else {
      append_quoted(line, field.value);
    }
  }
  return line;
}

void start_log(LogFormat format, LogLevel least) {
  auto log = std::make_unique<Log>();
  log->format = format;
  log->least = least;
  log->pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1, [] {
    ::pthread_setname_np(::pthread_self(), "log");
    leave_realtime();
  });
  log->logger = std::make_shared<spdlog::async_logger>(
      "keelvip", std::make_shared<spdlog::sinks::stderr_sink_mt>(), log->pool,
      spdlog::async_overflow_policy::overrun_oldest);
  log->logger->set_pattern("%v");
  g_log = std::move(log);
}

void log_event(LogLevel level, std::string_view message, const std::vector<LogField>& fields) {
  if (g_log == nullptr || level < g_log->least) {
    return;
  }
  const std::string line = format_log_line(g_log->format, now().wall, level, message, fields);
  g_log->logger->log(spdlog_level(level), spdlog::string_view_t(line));
}

std::uint64_t dropped_log_lines() {
  return g_log == nullptr ? 0 : g_log->pool->overrun_counter();
}

void stop_log() {
  g_log.reset();
}

}  // namespace keelvip::runtime
