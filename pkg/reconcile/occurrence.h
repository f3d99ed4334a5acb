// Occurrence: something that happened and that people may want to read later: a constant message
// and its particulars. The controller hands them out with its commands; the agent logs them, after
// everything urgent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keelvip::reconcile {

enum class Severity : std::uint8_t { kInfo, kWarning, kError };

struct Occurrence {
  Severity severity = Severity::kInfo;
  std::string_view message;                                      // a literal
  std::vector<std::pair<std::string_view, std::string>> fields;  // keys are literals

  friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

using Occurrences = std::vector<Occurrence>;

}  // namespace keelvip::reconcile
