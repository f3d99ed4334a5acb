// DrainWatch: the order of the drain file, kept up to date. A passive object on the agent's drain
// thread, which calls look() when fd() is readable, and every second besides: the directory may be
// missing, or on a file system that tells nothing. What cannot be known changes nothing.
#pragma once

#include <string>

#include "pkg/drain/drain_file.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::drain {

class DrainWatch {
 public:
  /// Looks for the first time.
  explicit DrainWatch(DrainFile file);

  [[nodiscard]] const DrainFile& file() const { return file_; }

  /// The last order that could be read; not drained if there never was one.
  [[nodiscard]] const Order& order() const { return order_; }

  /// Why the file cannot be looked at, or why a signal could not write it; empty: all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Watch it for reading; -1 if the kernel gives no inotify.
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Looks again. True if order() or problem() differs.
  bool look();

 private:
  void follow();

  DrainFile file_;
  runtime::UniqueFd inotify_;
  Order order_;
  std::string problem_;
};

}  // namespace keelvip::drain
