#include "pkg/specfile/validate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

  [[nodiscard]] Validation result() const {
    const auto unread = std::ranges::count_if(files_, &api::SourceFile::unread);
    return {api::fold({}, files_), static_cast<std::size_t>(unread)};
  }

 private:
  void add_standard_input() {
    const std::string source = "<stdin>";
    auto text = read_to_end(STDIN_FILENO, api::kMaxFileBytes);
    // Names of password files are relative to the working directory then.
    files_.push_back(text ? decode_text(source, *text, passwords_.reader_for(""))
                          : unread_source(source, std::move(text.error())));
  }

  void add_directory(const std::string& path) {
    const auto listing = list_directory(path);
    if (!listing) {
      files_.push_back(unread_source(path, {listing.error().message}));
      return;
    }
    if (listing->paths.empty()) {
      files_.push_back(refused_source(path, "holds no *.yaml, *.yml or *.json file"));
    }
    for (const std::string& file : listing->paths) {
      add_file(file);
    }
  }

  void add_file(const std::string& path) {
    const FileStamp identity = stamp(path);
    if (identity.error != 0 || seen_.insert({identity.device, identity.inode}).second) {
      files_.push_back(read_spec_file(path, passwords_));
    }
  }

  std::vector<api::SourceFile> files_;
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
