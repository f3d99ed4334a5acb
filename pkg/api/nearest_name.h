// Finds the name that somebody probably meant.
#pragma once

#include <span>
#include <string_view>

namespace keelvip::api {

/// The name nearest to `typed`, letter case aside: one that it begins, or one within a third of
/// its length in edits. Empty if none is near. The first of equals wins.
[[nodiscard]] std::string_view nearest_name(std::string_view typed,
                                            std::span<const std::string_view> names);

}  // namespace keelvip::api
