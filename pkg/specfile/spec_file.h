// Reads one spec file (YAML, or JSON by its name) and the password files it names into decoded
// documents. Whatever is wrong with a file is an error of a document in the result, so that one bad
// file never stops another. Called by SpecDirectory and validate, on their thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/api/decode.h"
#include "pkg/api/fold.h"
#include "pkg/specfile/file_reader.h"

namespace keelvip::specfile {

/// *.yaml, *.yml and *.json, unless hidden. Kubernetes' "..data" and its like are hidden, the links
/// to what is in them are not.
[[nodiscard]] bool is_spec_file_name(std::string_view name);

/// Reads password files relative to the directory of the file that names them, and remembers their
/// state before it read them.
class PasswordFiles {
 public:
  [[nodiscard]] api::PasswordReader reader_for(const std::string& spec_file);
  [[nodiscard]] const std::vector<FileStamp>& stamps() const { return stamps_; }

 private:
  std::vector<FileStamp> stamps_;
};

/// The documents of `text`. Nothing but white space is an error: such a file is more likely the
/// remains of an accident than a wish to remove every object in it.
[[nodiscard]] api::SourceFile decode_text(std::string source, std::string_view text,
                                          const api::PasswordReader& read_password);

/// A file that cannot be read has one document, without a name, that says why.
[[nodiscard]] api::SourceFile read_spec_file(const std::string& path, PasswordFiles& passwords,
                                             std::size_t max_bytes = api::kMaxFileBytes);

/// A source with this one error.
[[nodiscard]] api::SourceFile refused_source(std::string source, std::string reason);

/// A source that could not be read.
[[nodiscard]] api::SourceFile unread_source(std::string source, ReadFailure failure);

}  // namespace keelvip::specfile
