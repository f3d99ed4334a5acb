// validate_paths: everything that is wrong with some files and directories of specs, each by itself
// and all together, without an agent. Called by `keelvip validate` and by tests.
// One thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pkg/api/spec_set.h"

namespace keelvip::specfile {

struct Validation {
  api::SpecSet specs;
  std::size_t unread = 0;  // sources that could not be read; specs.rejected has the reasons
};

/// Every path is a file, a directory (its spec files are read) or "-" (standard input). Objects of
/// all of them are taken together, as if they stood in one directory. The sources are the paths as
/// given.
[[nodiscard]] Validation validate_paths(const std::vector<std::string>& paths);

/// "file:line:column: field: reason" for each error, sorted by file and place.
[[nodiscard]] std::vector<std::string> describe_errors(const api::SpecSet& specs);

}  // namespace keelvip::specfile
