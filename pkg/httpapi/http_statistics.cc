#include "pkg/httpapi/http_statistics.h"

#include <algorithm>
#include <string>

#include "pkg/base/check.h"

namespace keelvip::httpapi {

using status::labels;
using status::MetricKind;

void HttpStatistics::count_reply(int status) {
  const auto* code = std::find(kCodes.begin(), kCodes.end(), status);
  KEELVIP_CHECK(code != kCodes.end());
  ++replies[static_cast<std::size_t>(code - kCodes.begin())];
}

void write_http_metrics(const HttpStatistics& statistics, status::ExpositionWriter& out) {
  out.family("keelvip_http_requests_total", MetricKind::kCounter,
             "Requests that the endpoints answered, by status code.");
  for (std::size_t i = 0; i < HttpStatistics::kCodes.size(); ++i) {
    out.sample(labels({{"code", std::to_string(HttpStatistics::kCodes[i])}}),
               statistics.replies[i]);
  }
  out.family("keelvip_http_connections", MetricKind::kGauge, "Open connections.");
  out.sample("", statistics.connections);
  out.family("keelvip_http_connections_cut_total", MetricKind::kCounter,
             "Connections that the listener closed: evicted for a newer one, or too slow.");
  out.sample(labels({{"reason", "evicted"}}), statistics.evicted);
  out.sample(labels({{"reason", "deadline"}}), statistics.deadlines);
  out.family("keelvip_http_accept_failures_total", MetricKind::kCounter,
             "Connections that could not be accepted for want of descriptors or memory.");
  out.sample("", statistics.accept_failures);
}

}  // namespace keelvip::httpapi
