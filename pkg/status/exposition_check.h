// A strict reader of Prometheus text and OpenMetrics: what promtool and a scrape would refuse, and
// what house rules ask for. Tests only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/status/exposition.h"

namespace keelvip::status {

struct ExpositionReading {
  std::vector<std::string> errors;              // one line each; empty: well-formed
  std::map<std::string, std::string> families;  // full name of its samples, to its type
  std::map<std::string, double> series;         // "name{labels}", to its value
};

[[nodiscard]] ExpositionReading read_exposition(std::string_view text, ExpositionFormat format);

}  // namespace keelvip::status
