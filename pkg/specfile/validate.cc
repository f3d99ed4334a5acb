#include "pkg/specfile/validate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "pkg/api/fold.h"
#include "pkg/api/report.h"
#include "pkg/specfile/directory_listing.h"
#include "pkg/specfile/file_reader.h"
#include "pkg/specfile/spec_file.h"

namespace keelvip::specfile {
namespace {

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Reads each file once, however many of the paths lead to it.
class Collector {
 public:
  void add(const std::string& path) {
    if (path == "-") {
      add_standard_input();
    } else if (is_directory(path)) {
      add_directory(path);
    } else {
      add_file(path);
    }
  }

  [[nodiscard]] Validation result() const { return {api::fold({}, files_), unread_}; }

 private:
  void add_standard_input() {
    const std::string source = "<stdin>";
    const auto text = read_to_end(STDIN_FILENO, api::kMaxFileBytes);
    // Names of password files are relative to the working directory then.
    take(source, text, passwords_.reader_for(""), 1);
  }

  void add_directory(const std::string& path) {
    const auto listing = list_directory(path);
    if (!listing) {
      refuse(path, listing.error(), 1);
      return;
    }
    if (listing->paths.empty()) {
      files_.push_back(unreadable_source(path, "holds no *.yaml, *.yml or *.json file"));
    }
    for (const std::string& file : listing->paths) {
      add_file(file);
    }
  }

  void add_file(const std::string& path) {
    const FileStamp identity = stamp(path);
    if (identity.error != 0 || seen_.insert({identity.device, identity.inode}).second) {
      // One that is too large has been looked at: it is wrong.
      const bool too_large = std::cmp_greater(identity.size, api::kMaxFileBytes);
      take(path, read_regular_file(path, api::kMaxFileBytes), passwords_.reader_for(path),
           too_large ? 0 : 1);
    }
  }

  void take(const std::string& source, const base::Result<std::string>& text,
            const api::PasswordReader& read_password, std::size_t unread_otherwise) {
    if (text) {
      files_.push_back(decode_text(source, *text, read_password));
    } else {
      refuse(source, text.error(), unread_otherwise);
    }
  }

  void refuse(const std::string& source, const base::Error& error, std::size_t unread) {
    files_.push_back(unreadable_source(source, error.message));
    unread_ += unread;
  }

  std::vector<api::SourceFile> files_;
  std::size_t unread_ = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
  PasswordFiles passwords_;
};

}  // namespace

Validation validate_paths(const std::vector<std::string>& paths) {
  Collector collector;
  for (const std::string& path : paths) {
    collector.add(path);
  }
  return collector.result();
}

std::vector<std::string> describe_errors(const api::SpecSet& specs) {
  std::vector<std::string> lines;
  for (const api::Rejected& rejected : specs.rejected) {
    for (const api::FieldError& error : rejected.errors) {
      lines.push_back(api::to_line(rejected.source, error));
    }
  }
  return lines;
}

}  // namespace keelvip::specfile
