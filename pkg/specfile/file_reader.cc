#include "pkg/specfile/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "pkg/base/error.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::specfile {
namespace {

tl::unexpected<ReadFailure> cannot_read(int number) {
  // The agent gives CAP_DAC_OVERRIDE up, by which root reads everything.
  const bool forbidden_to_root = number == EACCES && ::geteuid() == 0;
  return tl::unexpected(ReadFailure{fmt::format(
      "cannot be read: {}{}", base::describe_errno(number),
      forbidden_to_root ? "; the agent keeps no right to the files of others: make root the owner, "
                          "or let everybody read it"
                        : "")});
}

tl::unexpected<ReadFailure> too_large(std::string reason) {
  return tl::unexpected(ReadFailure{std::move(reason), true});
}

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return static_cast<std::int64_t>(time.tv_sec) * kPerSecond + time.tv_nsec;
}

}  // namespace

ReadText read_to_end(int fd, std::size_t max_bytes) {
  std::string content;
  std::array<char, 65536> chunk{};
  while (true) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return cannot_read(errno);
    }
    if (got == 0) {
      return content;
    }
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return too_large(fmt::format("is too large: at most {} bytes are read", max_bytes));
    }
  }
}

ReadText read_regular_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const runtime::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    return cannot_read(errno);
  }
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) {
    return cannot_read(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(ReadFailure{"is no regular file"});
  }
  if (status.st_size > static_cast<off_t>(max_bytes)) {
    return too_large(
        fmt::format("is too large: {} bytes, and at most {} are read", status.st_size, max_bytes));
  }
  return read_to_end(fd.get(), max_bytes);
}

FileStamp stamp(const std::string& path) {
  struct stat status{};
  FileStamp result;
  result.path = path;
  if (::stat(path.c_str(), &status) != 0) {
    result.error = errno;
    return result;
  }
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size = status.st_size;
  result.modified = nanoseconds(status.st_mtim);
  result.changed = nanoseconds(status.st_ctim);
  return result;
}

}  // namespace keelvip::specfile
