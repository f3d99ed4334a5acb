#include "pkg/specfile/spec_directory.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "pkg/specfile/spec_file.h"

namespace keelvip::specfile {
namespace {

using base::Milliseconds;

// An editor or a `kubectl apply` makes several events of one change.
constexpr Milliseconds kDebounce{20};
// What inotify cannot see: network file systems, a parent directory that was replaced.
constexpr Milliseconds kPoll{10'000};
constexpr Milliseconds kPollUnwatched{1000};
constexpr int kMaxAttempts = 4;
constexpr int kMaxUnstableRounds = 25;

std::pair<std::string, std::string> split_path(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return {".", path};
  }
  return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1)};
}

std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : "";
  std::free(resolved);
  return result;
}

/// A file matters by its name and, where links lead elsewhere, by the name it has there. "..data"
/// is the link that Kubernetes swaps in a mounted volume.
void watch_file(std::map<std::string, WatchedNames>& directories, const std::string& path) {
  const auto [parent, name] = split_path(path);
  directories[parent].names.insert({name, "..data"});
  const std::string real = real_path(path);
  if (!real.empty()) {
    const auto [real_parent, real_name] = split_path(real);
    directories[real_parent].names.insert(real_name);
  }
}

}  // namespace

SpecDirectory::SpecDirectory(std::string path, base::Instant now)
    : path_(std::move(path)), current_(std::make_shared<api::SpecSet>()), deadline_(now) {}

base::Result<SpecDirectory> SpecDirectory::open(std::string path, base::Instant now) {
  SpecDirectory directory(std::move(path), now);
  if (const auto listing = list_directory(directory.path_); !listing) {
    return base::unexpected(base::wrap(listing.error(), directory.path_));
  }
  // The first reading counts even if somebody is writing meanwhile: there is nothing to keep.
  directory.unstable_rounds_ = kMaxUnstableRounds;
  (void)directory.advance(now);
  return directory;
}

std::size_t SpecDirectory::unread() const {
  return last_ ? static_cast<std::size_t>(
                     std::ranges::count_if(last_->files, &api::SourceFile::unread))
               : 0;
}

void SpecDirectory::on_readable(base::Instant now) {
  if (watch_.drain()) {
    dirty_ = true;
    deadline_ = std::min(deadline_, now + kDebounce);
  }
}

void SpecDirectory::look_again(base::Instant now) {
  dirty_ = true;
  deadline_ = now;
}

std::shared_ptr<const api::SpecSet> SpecDirectory::advance(base::Instant now) {
  if (now < deadline_) {
    return nullptr;
  }
  if (!dirty_ && last_ && still_true(*last_)) {
    set_deadline(now);
    return nullptr;
  }
  auto reading = read_stable();
  if (!reading) {
    deadline_ = now + kDebounce;
    return nullptr;
  }
  dirty_ = false;
  api::SpecSet next = fold(*reading);
  last_ = std::move(reading);
  set_deadline(now);
  if (next == *current_) {
    return nullptr;
  }
  current_ = std::make_shared<const api::SpecSet>(std::move(next));
  return current_;
}

SpecDirectory::Reading SpecDirectory::read() const {
  Reading reading{list_directory(path_), {}, {}};
  if (!reading.listing) {
    return reading;
  }
  PasswordFiles passwords;
  std::size_t budget = kMaxDirectoryBytes;
  for (const std::string& path : reading.listing->paths) {
    reading.stamps.push_back(stamp(path));
    const auto size = static_cast<std::size_t>(reading.stamps.back().size);
    if (size <= api::kMaxFileBytes && size > budget) {
      reading.files.push_back(refused_source(
          path, fmt::format("is not read: the spec files of the directory have more than {} bytes",
                            kMaxDirectoryBytes)));
      continue;
    }
    reading.files.push_back(read_spec_file(path, passwords));
    budget -= std::min(budget, size);
  }
  reading.stamps.insert(reading.stamps.end(), passwords.stamps().begin(), passwords.stamps().end());
  return reading;
}

bool SpecDirectory::still_true(const Reading& reading) const {
  return list_directory(path_) == reading.listing &&
         std::all_of(reading.stamps.begin(), reading.stamps.end(),
                     [](const FileStamp& then) { return stamp(then.path) == then; });
}

/// Files that change while they are read may give a picture that never was: of two objects that
/// swap files, neither or both. Such a picture is not used, unless it does not get better.
std::optional<SpecDirectory::Reading> SpecDirectory::read_stable() {
  follow(last_ ? last_->stamps : std::vector<FileStamp>{});
  for (int attempt = 1;; ++attempt) {
    Reading reading = read();
    // Before the check, so that no change falls between it and the watch.
    follow(reading.stamps);
    const bool stable = still_true(reading);
    if (stable || (attempt == kMaxAttempts && unstable_rounds_ >= kMaxUnstableRounds)) {
      unstable_rounds_ = 0;
      return reading;
    }
    if (attempt == kMaxAttempts) {
      ++unstable_rounds_;
      return std::nullopt;
    }
  }
}

void SpecDirectory::follow(const std::vector<FileStamp>& stamps) {
  std::map<std::string, WatchedNames> directories;
  directories[path_].spec_files = true;
  directories[path_].names.insert("..data");
  watch_file(directories, path_);
  for (const FileStamp& file : stamps) {
    watch_file(directories, file.path);
  }
  watch_.follow(directories);
}

api::SpecSet SpecDirectory::fold(const Reading& reading) {
  const auto keep = [&](std::string reason) {
    return api::keep_all(*current_,
                         {api::Rejected::Kind::kInvalid, "", path_, {{{}, "", std::move(reason)}}});
  };
  if (!reading.listing) {
    home_ = {};
    return keep(reading.listing.error().message);
  }
  // The mount point of a volume that went away, or a directory that is being made anew.
  if (reading.listing->paths.empty() && !current_->accepted.empty() &&
      reading.listing->id != home_) {
    return keep(
        "was replaced by a directory without spec files, which is not taken for a wish to remove "
        "everything; a file of comments alone is");
  }
  home_ = reading.listing->id;
  return api::fold(*current_, reading.files);
}

void SpecDirectory::set_deadline(base::Instant now) {
  const bool watched = fd() >= 0 && watch_problem().empty() && last_ && last_->listing.has_value();
  deadline_ = now + (watched ? kPoll : kPollUnwatched);
}

}  // namespace keelvip::specfile
