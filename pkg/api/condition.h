// Condition: one aspect of an object's state with its reason, in the shape of Kubernetes'
// metav1.Condition. reconcile makes conditions, status shows them; the status of a VIP is the same
// in a file's world and in a cluster. Values, on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::api {

enum class ConditionStatus : std::uint8_t { kTrue, kFalse, kUnknown };

[[nodiscard]] constexpr std::string_view to_string(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::kTrue:
      return "True";
    case ConditionStatus::kFalse:
      return "False";
    case ConditionStatus::kUnknown:
      break;
  }
  return "Unknown";
}

struct Condition {
  std::string type;  // "Ready", "Accepted", "Conflicted", ...
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;                   // one CamelCase word
  std::string message;                  // a sentence for people
  base::WallTime last_transition_time;  // when `status` last changed
  std::int64_t observed_generation = 0;

  friend bool operator==(const Condition&, const Condition&) = default;
};

}  // namespace keelvip::api
