// Finds the name that somebody probably meant, for "did you mean": of a field, or of a word that
// stands for an enumerator. Bounded work for any input, since what was typed may be hostile. Called
// by the decoder; pure.
#pragma once

#include <span>
#include <string_view>

namespace keelvip::api {

/// The name nearest to `typed`, letter case aside: one that it begins, or one within a third of
/// its length in edits. Empty if none is near. The first of equals wins.
[[nodiscard]] std::string_view nearest_name(std::string_view typed,
                                            std::span<const std::string_view> names);

}  // namespace keelvip::api
