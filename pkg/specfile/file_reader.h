// Reads small regular files whole, and stamps them to see whether they have changed since. Nothing
// else is opened for good: a FIFO or a device would block the thread or never end. Called by the
// readers of spec and password files, on their thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pkg/base/result.h"

namespace keelvip::specfile {

/// The content of a regular file of at most `max_bytes`. Errors: kReport; the message says what is
/// wrong with the file, not which file it is, and holds nothing of its content.
[[nodiscard]] base::Result<std::string> read_regular_file(const std::string& path,
                                                          std::size_t max_bytes);

/// The same for what comes from an open descriptor until its end.
[[nodiscard]] base::Result<std::string> read_to_end(int fd, std::size_t max_bytes);

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
