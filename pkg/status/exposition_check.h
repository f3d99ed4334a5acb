// A strict reader of Prometheus text and OpenMetrics: it finds what a scrape would refuse and what
// our own conventions ask for. Used by the tests of status and httpapi, on their main thread; no
// part of the program.
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
