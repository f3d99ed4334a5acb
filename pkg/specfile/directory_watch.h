// DirectoryWatch: inotify on a few directories, reduced to one question: may something that matters
// have changed? It never says what: whoever asks looks at everything again. Where the kernel gives
// no inotify (limits are low in containers) the caller polls. One thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pkg/runtime/unique_fd.h"

namespace keelvip::specfile {

/// Which names in a directory matter.
struct WatchedNames {
  bool spec_files = false;  // all names that is_spec_file_name accepts
  std::set<std::string> names;
};

class DirectoryWatch {
 public:
  DirectoryWatch();

  /// Readable when something happened; -1 if there is no inotify.
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Why not everything is watched; empty if all is.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Watches these directories, and no others from now on. A path that leads elsewhere than it did
  /// is watched where it leads now; one that does not exist is left out.
  void follow(const std::map<std::string, WatchedNames>& directories);

  /// Reads what happened. True if anything of it matters.
  bool drain();

 private:
  runtime::UniqueFd inotify_;
  std::string problem_;
  std::map<int, WatchedNames> watches_;  // by watch descriptor
};

}  // namespace keelvip::specfile
