#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "pkg/httpapi/http_client.h"
#include "pkg/status/example_snapshot.h"
#include "pkg/status/exposition_check.h"

namespace keelvip::httpapi {
namespace {

/// What is said of one metric.
struct Entry {
  std::string type;
  std::set<std::string> labels;
};

std::string without(std::string text, char unwanted) {
  std::erase(text, unwanted);
  return text;
}

/// The rows "| `name` | type | `label`, `label` | meaning |" of the reference.
std::map<std::string, Entry> documented() {
  std::ifstream file(KEELVIP_METRICS_DOC);
  std::map<std::string, Entry> entries;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) {
      continue;
    }
    std::istringstream row(without(without(line, '`'), ' '));
    std::string nothing;
    std::string name;
    std::string labels;
    Entry entry;
    std::getline(row, nothing, '|');
    std::getline(row, name, '|');
    std::getline(row, entry.type, '|');
    std::getline(row, labels, '|');
    std::istringstream list(labels);
    for (std::string label; std::getline(list, label, ',');) {
      entry.labels.insert(label);
    }
    entries[name] = entry;
  }
  return entries;
}

/// What the endpoint serves. The example's label values hold no '=' and no ','.
std::map<std::string, Entry> served() {
  RunningServer server(std::make_shared<const status::Snapshot>(status::example_snapshot()));
  const auto reading = status::read_exposition(HttpClient(server.port()).get("/metrics").body,
                                               status::ExpositionFormat::kPrometheusText);
  std::map<std::string, Entry> entries;
  for (const auto& [name, type] : reading.families) {
    entries[name].type = type;
  }
  for (const auto& [series, value] : reading.series) {
    const std::size_t brace = series.find('{');
    std::string name = series.substr(0, brace);
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      if (name.ends_with(suffix)) {
        name.erase(name.rfind('_'));
      }
    }
    std::istringstream list(series.substr(brace + 1));
    for (std::string pair; std::getline(list, pair, ',');) {
      if (const std::size_t equals = pair.find('='); equals != std::string::npos) {
        entries[name].labels.insert(pair.substr(0, equals));
      }
    }
  }
  return entries;
}

TEST_CASE("every metric is documented as it is served, and no other is documented") {
  const auto in_reference = documented();
  const auto at_endpoint = served();
  CHECK(at_endpoint.size() > 40);
  for (const auto& [name, entry] : at_endpoint) {
    CAPTURE(name);
    REQUIRE(in_reference.count(name) == 1);
    CHECK(in_reference.at(name).type == entry.type);
    CHECK(in_reference.at(name).labels == entry.labels);
  }
  for (const auto& [name, entry] : in_reference) {
    CAPTURE(name);
    CHECK(at_endpoint.count(name) == 1);
  }
}

}  // namespace
}  // namespace keelvip::httpapi
