// Ages for people: "45s", "5m10s", "3d4h". Main thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::cmd {

/// RFC 3339 in UTC, with or without a fraction. nullopt: it is something else.
[[nodiscard]] std::optional<base::WallTime> parse_time(std::string_view text);

/// The two units that matter; an age below zero (clocks differ) is "0s".
[[nodiscard]] std::string describe_age(base::Duration age);

/// The age at `now` of the time written in `text`; empty if it is no time.
[[nodiscard]] std::string age_since(std::string_view text, base::WallTime now);

}  // namespace keelvip::cmd
