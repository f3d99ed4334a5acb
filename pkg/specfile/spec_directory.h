// SpecDirectory: the specs of a directory, kept up to date. A passive object: its owner waits until
// fd() is readable or next_deadline() has come and calls on_readable() or advance(). It looks at
// everything again each time (level, not edge) and folds it over what is in force, so that a bad
// change keeps what ran. Owned by the agent's specfile thread; `plan` reads once and stops.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pkg/api/fold.h"
#include "pkg/api/spec_set.h"
#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/specfile/directory_listing.h"
#include "pkg/specfile/directory_watch.h"
#include "pkg/specfile/file_reader.h"

namespace keelvip::specfile {

class SpecDirectory {
 public:
  /// Reads `path` for the first time. Errors: kReport if it is no directory that can be read. A
  /// directory that goes away later is no error: what ran stays in force and current() says so.
  [[nodiscard]] static base::Result<SpecDirectory> open(std::string path, base::Instant now);

  /// What is in force and what is refused; never null.
  [[nodiscard]] const std::shared_ptr<const api::SpecSet>& current() const { return current_; }

  /// How many of its files could not be read; current() has the reasons.
  [[nodiscard]] std::size_t unread() const;

  /// Watch it for reading; -1 if the kernel gives no inotify: then next_deadline() polls.
  [[nodiscard]] int fd() const { return watch_.fd(); }

  /// Why changes may be noticed late; empty if the kernel reports them all.
  [[nodiscard]] const std::string& watch_problem() const { return watch_.problem(); }

  void on_readable(base::Instant now);

  /// Somebody says that it changed: everything is due to be read again, watched or not.
  void look_again(base::Instant now);

  [[nodiscard]] base::Instant next_deadline() const { return deadline_; }

  /// Does what is due. Returns the new current() if it differs from the last, else null.
  [[nodiscard]] std::shared_ptr<const api::SpecSet> advance(base::Instant now);

 private:
  SpecDirectory(std::string path, base::Instant now);

  /// Everything as it was read, and what it looked like before.
  struct Reading {
    base::Result<Listing> listing;
    std::vector<api::SourceFile> files;
    std::vector<FileStamp> stamps;
  };

  [[nodiscard]] Reading read() const;
  [[nodiscard]] bool still_true(const Reading& reading) const;
  [[nodiscard]] std::optional<Reading> read_stable();
  void follow(const std::vector<FileStamp>& stamps);
  [[nodiscard]] api::SpecSet fold(const Reading& reading);
  void set_deadline(base::Instant now);

  std::string path_;
  DirectoryWatch watch_;
  std::shared_ptr<const api::SpecSet> current_;
  std::optional<Reading> last_;
  DirectoryId home_;  // the directory that the objects in force came from
  bool dirty_ = true;
  int unstable_rounds_ = 0;
  base::Instant deadline_;
};

}  // namespace keelvip::specfile
