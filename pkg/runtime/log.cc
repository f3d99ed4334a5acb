#include "pkg/runtime/log.h"

#include <poll.h>
#include <unistd.h>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <thread>

#include "pkg/runtime/clock.h"
#include "pkg/runtime/realtime.h"

namespace keelvip::runtime {
namespace {

constexpr std::size_t kQueueLines = 1024;
constexpr base::Duration kLastLines = std::chrono::seconds(1);

struct Log {
  LogFormat format;
  LogLevel least;
  std::shared_ptr<spdlog::async_logger> logger;
  // Destroyed first: its thread ends, and only then goes the logger that it writes through.
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

std::unique_ptr<Log> g_log;  // set and cleared by the main thread while no other logs

spdlog::level::level_enum spdlog_level(LogLevel level) {
  return level == LogLevel::kError ? spdlog::level::err : spdlog::level::info;
}

/// Whether the log thread has nothing to write, or can.
bool can_end(const Log& log) {
  pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  return log.pool->queue_size() == 0 && ::poll(&ready, 1, 0) > 0;
}

}  // namespace

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
  LogLine line(g_log->format, now().wall, level, message);
  for (const LogField& field : fields) {
    line.field(field.key, field.value);
  }
  g_log->logger->log(spdlog_level(level), spdlog::string_view_t(line.finish()));
}

std::uint64_t dropped_log_lines() {
  return g_log == nullptr ? 0 : g_log->pool->overrun_counter();
}

void stop_log() {
  if (g_log == nullptr) {
    return;
  }
  const base::Instant end = monotonic_now() + kLastLines;
  while (!can_end(*g_log) && monotonic_now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (can_end(*g_log)) {
    g_log.reset();
  } else {
    [[maybe_unused]] Log* left =
        g_log.release();  // its thread waits for a reader who may never come
  }
}

}  // namespace keelvip::runtime
