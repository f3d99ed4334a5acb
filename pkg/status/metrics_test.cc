#include "pkg/status/metrics.h"

#include <string>

#include <doctest/doctest.h>

#include "pkg/status/example_snapshot.h"
#include "pkg/status/exposition_check.h"
#include "pkg/status/golden.h"

namespace keelvip::status {
namespace {

constexpr ExpositionFormat kFormats[] = {ExpositionFormat::kPrometheusText,
                                         ExpositionFormat::kOpenMetrics};

TEST_CASE("the metrics of a node are what their golden texts say") {
  const Snapshot snapshot = example_snapshot();
  CHECK(differs_from_golden("metrics.txt",
                            prometheus_text(snapshot, ExpositionFormat::kPrometheusText)) == "");
  CHECK(differs_from_golden("metrics.openmetrics.txt",
                            prometheus_text(snapshot, ExpositionFormat::kOpenMetrics)) == "");
}

TEST_CASE("a strict reader accepts both formats, and reads the same series from them") {
  std::map<std::string, double> series[2];
  for (const ExpositionFormat format : kFormats) {
    const ExpositionReading reading =
        read_exposition(prometheus_text(example_snapshot(), format), format);
    CHECK(reading.errors == std::vector<std::string>{});
    series[static_cast<std::size_t>(format)] = reading.series;
  }
  CHECK(series[0] == series[1]);
  CHECK(series[0].size() > 100);
}

TEST_CASE("an agent without specs has well-formed metrics too") {
  for (const ExpositionFormat format : kFormats) {
    CHECK(read_exposition(prometheus_text(Snapshot{}, format), format).errors ==
          std::vector<std::string>{});
  }
}

TEST_CASE("a role is one series per possible role, and one of them is 1") {
  const auto series =
      read_exposition(prometheus_text(example_snapshot(), ExpositionFormat::kPrometheusText),
                      ExpositionFormat::kPrometheusText)
          .series;
  const std::string router = R"(keelvip_router_role{virtualip="web",family="IPv4",role=")";
  CHECK(series.at(router + "Active\"}") == 1);
  CHECK(series.at(router + "Backup\"}") == 0);
  CHECK(series.at(router + "Initialize\"}") == 0);
  CHECK(series.at(router + "Fault\"}") == 0);
}

TEST_CASE("base and effective priority tell what a health check took away") {
  const auto series =
      read_exposition(prometheus_text(example_snapshot(), ExpositionFormat::kPrometheusText),
                      ExpositionFormat::kPrometheusText)
          .series;
  CHECK(series.at(R"(keelvip_router_base_priority{virtualip="web",family="IPv6"})") == 100);
  CHECK(series.at(R"(keelvip_router_effective_priority{virtualip="web",family="IPv6"})") == 40);
}

TEST_CASE("nothing from the network becomes a label, and no password appears") {
  const std::string text = prometheus_text(example_snapshot(), ExpositionFormat::kPrometheusText);
  CHECK(text.find("192.168.0.12") == std::string::npos);
  CHECK(text.find("answered") == std::string::npos);
  CHECK(text.find(kExamplePassword) == std::string::npos);
}

TEST_CASE("label values are escaped and made valid UTF-8") {
  CHECK(labels({{"a", "b\\\"\n\xff\xc3\xa9"}, {"c", ""}}) ==
        "a=\"b\\\\\\\"\\n\xEF\xBF\xBD\xc3\xa9\",c=\"\"");
}

TEST_CASE("the strict reader refuses what a scrape would refuse") {
  const auto errors = [](std::string_view text) {
    return read_exposition(text, ExpositionFormat::kPrometheusText).errors.size();
  };
  const std::string head = "# HELP a_total Help.\n# TYPE a_total counter\n";
  CHECK(errors(head + "a_total 1\n") == 0);
  CHECK(errors(head + "a_total 1") == 1);
  CHECK(errors(head + "a_total 1\na_total 2\n") == 1);
  CHECK(errors(head + "b_total 1\n") == 1);
  CHECK(errors(head + "a_total{x=\"\xc3\"y\"} 1\n") == 1);
  CHECK(errors(head + "a_total -1\n") == 1);
  CHECK(errors(head + "a_total one\n") == 1);
  CHECK(errors("# TYPE a_total counter\na_total 1\n") == 1);
  CHECK(errors("# HELP a Help.\n# TYPE a counter\na 1\n") == 1);
}

}  // namespace
}  // namespace keelvip::status
