// Lists the spec files of a directory, sorted by name, with the identity of the directory itself: a
// path may lead to another directory tomorrow (a mount that went away, a swapped link). Called by
// SpecDirectory and validate, on their thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pkg/base/result.h"

namespace keelvip::specfile {

inline constexpr std::size_t kMaxSpecFiles = 10'000;
inline constexpr std::size_t kMaxDirectoryBytes = 64U << 20U;  // of all spec files together

struct DirectoryId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t born = 0;  // nanoseconds, 0 if the file system does not know: inodes are used again

  friend bool operator==(const DirectoryId&, const DirectoryId&) = default;
};

struct Listing {
  DirectoryId id;
  std::vector<std::string> paths;  // of the spec files, sorted

  friend bool operator==(const Listing&, const Listing&) = default;
};

/// Errors: kReport if `path` is no directory that can be read, or holds more than kMaxSpecFiles.
[[nodiscard]] base::Result<Listing> list_directory(const std::string& path);

}  // namespace keelvip::specfile
