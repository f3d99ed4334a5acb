#include "pkg/httpapi/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace keelvip::httpapi {

namespace {

using status::MetricKind;

double in_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<std::uint64_t> count_open_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) {
    return std::nullopt;
  }
  std::uint64_t entries = 0;
  while (::readdir(directory.get()) != nullptr) {
    ++entries;
  }
  constexpr std::uint64_t kNotOurs = 3;  // ".", ".." and the descriptor of this very look
  return entries - kNotOurs;
}

/// Start of the process in seconds since 1970: proc(5) gives it in ticks since boot.
std::optional<double> start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text;
  std::getline(stat, text);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  constexpr int kStartTimeAfterName = 20;
  for (int i = 0; i < kStartTimeAfterName; ++i) {
    fields >> field;
  }
  std::ifstream system("/proc/stat");
  std::string word;
  std::uint64_t boot = 0;
  while (system >> word) {
    if (word == "btime") {
      system >> boot;
      break;
    }
  }
  std::istringstream ticks_text(field);
  std::uint64_t ticks = 0;
  if (boot == 0 || !(ticks_text >> ticks)) {
    return std::nullopt;
  }
  return static_cast<double>(boot) +
         static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void write_memory(status::ExpositionWriter& out) {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> pages >> resident_pages)) {
    return;
  }
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  out.family("process_resident_memory_bytes", MetricKind::kGauge, "Resident memory.");
  out.sample("", resident_pages * page_bytes);
  out.family("process_virtual_memory_bytes", MetricKind::kGauge, "Virtual memory.");
  out.sample("", pages * page_bytes);
}

}  // namespace

void write_process_metrics(status::ExpositionWriter& out) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    out.family("process_cpu_seconds_total", MetricKind::kCounter,
               "CPU time of user and system together.");
    out.sample("", in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime));
  }
  write_memory(out);
  if (const auto files = count_open_files()) {
    out.family("process_open_fds", MetricKind::kGauge, "Open file descriptors.");
    out.sample("", *files);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.family("process_max_fds", MetricKind::kGauge, "Most file descriptors that may be open.");
    out.sample("", std::uint64_t{limit.rlim_cur});
  }
  if (const auto started = start_time()) {
    out.family("process_start_time_seconds", MetricKind::kGauge,
               "When the process started, in seconds since 1970.");
    out.sample("", *started);
  }
}

}  // namespace keelvip::httpapi
