// Reads small regular files whole, and stamps them to see whether they have changed since. Nothing
// else is opened for good: a FIFO or a device would block the thread or never end. Called by the
// readers of spec and password files, on their thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pkg/base/result.h"

namespace keelvip::specfile {

/// Why there is no content.
struct ReadFailure {
  std::string reason;      // without the file's name, and with nothing of its content
  bool too_large = false;  // it was looked at, and is wrong; else nobody knows what it holds
};

using ReadText = tl::expected<std::string, ReadFailure>;

/// The content of a regular file of at most `max_bytes`.
[[nodiscard]] ReadText read_regular_file(const std::string& path, std::size_t max_bytes);

/// The same for what comes from an open descriptor until its end.
[[nodiscard]] ReadText read_to_end(int fd, std::size_t max_bytes);

/// What tells one state of a file from another, symbolic links followed.
struct FileStamp {
  std::string path;
  int error = 0;  // errno, if it cannot be looked at; then the rest is zero
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::int64_t changed = 0;   // nanoseconds; the inode's: mode, owner, links

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

[[nodiscard]] FileStamp stamp(const std::string& path);

}  // namespace keelvip::specfile
