// One VirtualIP object with its status, as JSON. Used by status_json; pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "pkg/status/json_writer.h"
#include "pkg/status/snapshot.h"

namespace keelvip::status {

enum class Detail : std::uint8_t {
  kObject,  // what a Kubernetes object may hold: changes only with the state
  kFull,    // and the counters
};

void append_object(JsonWriter& json, const VipStatus& vip, std::string_view node, Detail detail);

/// Microsecond time, left out when it is unset: what is not known is not claimed.
void append_time(JsonWriter& json, std::string_view name, base::WallTime at);

}  // namespace keelvip::status
