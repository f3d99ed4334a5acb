#include "pkg/specfile/spec_file.h"

#include <utility>

#include "pkg/api/json_parser.h"
#include "pkg/specfile/yaml_parser.h"

namespace keelvip::specfile {
namespace {

// A password has at most eight bytes; a larger file is a mistake, and is not read to find out.
constexpr std::size_t kMaxPasswordFileBytes = 4096;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

api::Document broken_document(api::FieldError error) {
  return {error.position, "", tl::unexpected(std::vector{std::move(error)}), {}};
}

}  // namespace

bool is_spec_file_name(std::string_view name) {
  return !name.starts_with('.') &&
         (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

api::PasswordReader PasswordFiles::reader_for(const std::string& spec_file) {
  return [this, directory = directory_of(spec_file)](const std::string& name) {
    const std::string path = name.starts_with('/') ? name : directory + name;
    stamps_.push_back(stamp(path));
    return read_regular_file(path, kMaxPasswordFileBytes).map_error([](ReadFailure failure) {
      return base::report_error(std::move(failure.reason));
    });
  };
}

api::SourceFile decode_text(std::string source, std::string_view text,
                            const api::PasswordReader& read_password) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return refused_source(std::move(source),
                          "is empty: delete it if its objects shall go, or leave a comment in it");
  }
  api::SourceFile file{std::move(source), {}};
  const bool json = file.source.ends_with(".json");
  for (api::ParsedDocument& parsed : json ? api::parse_json(text) : parse_yaml(text)) {
    if (!parsed) {
      file.documents.push_back(broken_document(std::move(parsed.error())));
      continue;
    }
    for (api::Document& document : api::decode_all(*parsed, read_password)) {
      file.documents.push_back(std::move(document));
    }
  }
  return file;
}

api::SourceFile refused_source(std::string source, std::string reason) {
  api::SourceFile file{std::move(source), {}};
  file.documents.push_back(broken_document({{}, "", std::move(reason)}));
  return file;
}

api::SourceFile unread_source(std::string source, ReadFailure failure) {
  api::SourceFile file = refused_source(std::move(source), std::move(failure.reason));
  file.unread = !failure.too_large;
  return file;
}

api::SourceFile read_spec_file(const std::string& path, PasswordFiles& passwords,
                               std::size_t max_bytes) {
  auto text = read_regular_file(path, max_bytes);
  if (!text) {
    return unread_source(path, std::move(text.error()));
  }
  return decode_text(path, *text, passwords.reader_for(path));
}

}  // namespace keelvip::specfile
