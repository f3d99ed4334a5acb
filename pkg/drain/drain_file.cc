#include "pkg/drain/drain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "pkg/base/error.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::drain {
namespace {

base::unexpected<base::Error> failure(std::string_view what, const std::string& path, int number) {
  const bool forbidden = number == EACCES || number == EPERM || number == EROFS;
  std::string_view hint;
  if (number == EACCES && ::geteuid() == 0) {
    hint = "; the agent keeps no right to the directories of others: make root the owner";
  } else if (forbidden) {
    hint = "; do it as root, and where the directory may be written (--state)";
  }
  return base::unexpected(base::report_error(
      fmt::format("cannot {} {}: {}{}", what, path, base::describe_errno(number), hint)));
}

/// One line that any terminal, log or JSON text can take: control characters become blanks, and no
/// character of UTF-8 is cut in two.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, text.find('\n')));
  if (line.size() > DrainFile::kMaxReasonBytes) {
    std::size_t end = DrainFile::kMaxReasonBytes;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    line.resize(end);
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  std::ranges::replace_if(line, control, ' ');
  const auto last = line.find_last_not_of(' ');
  line.resize(last == std::string::npos ? 0 : last + 1);
  return line;
}

/// What cannot be read has no reason: the node is drained all the same.
std::string read_reason(const std::string& path) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const runtime::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  std::array<char, 1024> bytes{};
  const ssize_t got = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : -1;
  return got <= 0 ? std::string()
                  : one_line(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
}

base::WallTime modified(const struct stat& status) {
  return base::WallTime{std::chrono::seconds{status.st_mtim.tv_sec} +
                        std::chrono::nanoseconds{status.st_mtim.tv_nsec}};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

/// Makes a change of names in the directory outlive a power cut.
base::Result<void> sync_directory(const std::string& directory) {
  const runtime::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return failure("write", directory, errno);
  }
  return {};
}

}  // namespace

DrainFile::DrainFile(std::string directory)
    : directory_(std::move(directory)), path_(fmt::format("{}/drained", directory_)) {}

base::Result<Order> DrainFile::read() const {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return Order{};
    }
    return base::unexpected(
        base::retry_error(fmt::format("{}: {}", path_, base::describe_errno(errno))));
  }
  return Order{.drained = true, .reason = read_reason(path_), .since = modified(status)};
}

base::Result<void> DrainFile::write(std::string_view reason) const {
  const std::string line = one_line(reason);
  struct stat before{};
  const bool drained = ::lstat(path_.c_str(), &before) == 0;
  if (drained && (line.empty() || line == read_reason(path_))) {
    return {};
  }
  if (auto made = make_directory(); !made) {
    return made;
  }
  const std::string fresh = fmt::format("{}.{}", path_, ::getpid());
  const runtime::UniqueFd fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) {
    return failure("write", path_, errno);
  }
  const std::array times{timespec{.tv_sec = 0, .tv_nsec = UTIME_NOW}, before.st_mtim};
  const bool written = (line.empty() || write_all(fd.get(), line + "\n")) &&
                       (!drained || ::futimens(fd.get(), times.data()) == 0) &&
                       ::fsync(fd.get()) == 0 && ::rename(fresh.c_str(), path_.c_str()) == 0;
  if (!written) {
    const int number = errno;
    ::unlink(fresh.c_str());
    return failure("write", path_, number);
  }
  return sync_directory(directory_);
}

base::Result<void> DrainFile::remove() const {
  if (::unlink(path_.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return {};
    }
    return failure("remove", path_, errno);
  }
  return sync_directory(directory_);
}

base::Result<void> DrainFile::make_directory() const {
  if (::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST) {
    return failure("make", directory_, errno);
  }
  return {};
}

base::Result<void> DrainFile::check_writable() const {
  // With the rights that would count: access() asks for those of the real user.
  // The slash: a plain file is no directory, whatever its rights.
  if (::faccessat(AT_FDCWD, (directory_ + "/").c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return failure("write", directory_, errno);
  }
  return {};
}

}  // namespace keelvip::drain
