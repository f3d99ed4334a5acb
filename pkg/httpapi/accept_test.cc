#include "pkg/httpapi/accept.h"

#include <doctest/doctest.h>

namespace keelvip::httpapi {
namespace {

using status::ExpositionFormat;

TEST_CASE("who asks for OpenMetrics gets it, everybody else gets text") {
  CHECK(preferred_format("") == ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("*/*") == ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("text/html, text/plain") == ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("application/openmetrics-text") == ExpositionFormat::kOpenMetrics);
  CHECK(preferred_format("application/openmetrics-text; version=1.0.0; charset=utf-8, */*") ==
        ExpositionFormat::kOpenMetrics);
}

TEST_CASE("weights and unknown versions are respected") {
  CHECK(preferred_format("application/openmetrics-text;q=0.2, text/plain;q=0.5") ==
        ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("application/openmetrics-text;q=0.5, text/plain;q=0.5") ==
        ExpositionFormat::kOpenMetrics);
  CHECK(preferred_format("application/openmetrics-text;q=0") == ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("application/openmetrics-text;version=9.0.0") ==
        ExpositionFormat::kPrometheusText);
  CHECK(preferred_format("application/openmetrics-text;q=oops, ;;,=") ==
        ExpositionFormat::kPrometheusText);
}

}  // namespace
}  // namespace keelvip::httpapi
