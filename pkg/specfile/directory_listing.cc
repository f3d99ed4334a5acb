#include "pkg/specfile/directory_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

#include "pkg/runtime/unique_fd.h"
#include "pkg/specfile/spec_file.h"

namespace keelvip::specfile {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

base::unexpected<base::Error> refuse(std::string reason) {
  return base::unexpected(base::report_error(std::move(reason)));
}

}  // namespace

base::Result<Listing> list_directory(const std::string& path) {
  runtime::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statx status{};
  constexpr unsigned kWanted = STATX_INO | STATX_BTIME;
  if (!fd || ::statx(fd.get(), "", AT_EMPTY_PATH, kWanted, &status) != 0) {
    return refuse(fmt::format("cannot be read: {}", base::describe_errno(errno)));
  }
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (!directory) {
    return refuse(fmt::format("cannot be read: {}", base::describe_errno(errno)));
  }
  (void)fd.release();  // the DIR owns it now
  Listing listing;
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  const bool knows_birth = (status.stx_mask & STATX_BTIME) != 0;
  listing.id = {::makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino,
                knows_birth ? status.stx_btime.tv_sec * kPerSecond + status.stx_btime.tv_nsec : 0};
  const std::string prefix = path.ends_with('/') ? path : path + "/";
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (is_spec_file_name(entry->d_name)) {
      listing.paths.push_back(prefix + entry->d_name);
    }
    errno = 0;
  }
  if (errno != 0) {
    return refuse(fmt::format("cannot be read: {}", base::describe_errno(errno)));
  }
  if (listing.paths.size() > kMaxSpecFiles) {
    return refuse(fmt::format("holds more than {} spec files", kMaxSpecFiles));
  }
  std::sort(listing.paths.begin(), listing.paths.end());
  return listing;
}

}  // namespace keelvip::specfile
