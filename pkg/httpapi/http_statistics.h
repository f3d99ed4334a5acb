// HttpStatistics: what the listener did and what it refused, and its metrics. httpapi's thread.
#pragma once

#include <array>
#include <cstdint>

#include "pkg/status/exposition.h"

namespace keelvip::httpapi {

struct HttpStatistics {
  /// Status codes that are ever sent.
  static constexpr std::array kCodes{200, 400, 404, 405, 408, 413, 414, 431, 500, 503};

  std::array<std::uint64_t, kCodes.size()> replies{};
  std::uint64_t connections = 0;      // open now
  std::uint64_t evicted = 0;          // closed to make room for a newer one
  std::uint64_t deadlines = 0;        // closed because the other side was too slow
  std::uint64_t accept_failures = 0;  // no file descriptor or no memory for a connection

  void count_reply(int status);
};

void write_http_metrics(const HttpStatistics& statistics, status::ExpositionWriter& out);

}  // namespace keelvip::httpapi
