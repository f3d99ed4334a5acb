#include "pkg/specfile/document_splitter.h"

#include <algorithm>
#include <cstddef>

namespace keelvip::specfile {
namespace {

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t' || line[marker.size()] == '\r');
}

bool has_content(std::string_view line) {
  if (is_marker(line, "---") || is_marker(line, "...")) {
    line.remove_prefix(3);
  }
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start != std::string_view::npos && line[start] != '#';
}

}  // namespace

std::vector<DocumentText> split_documents(std::string_view stream) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (stream.starts_with(kByteOrderMark)) {
    stream.remove_prefix(kByteOrderMark.size());
  }
  std::vector<DocumentText> documents;
  std::size_t start = 0;
  std::uint32_t start_line = 1;
  bool content = false;
  const auto finish = [&](std::size_t end, std::uint32_t next_line) {
    if (content) {
      documents.push_back({stream.substr(start, end - start), start_line});
    }
    start = end;
    start_line = next_line;
    content = false;
  };
  std::uint32_t line_number = 1;
  for (std::size_t at = 0; at < stream.size(); ++line_number) {
    const std::size_t end = std::min(stream.find('\n', at), stream.size() - 1) + 1;
    std::string_view line = stream.substr(at, end - at);
    if (line.ends_with('\n')) {
      line.remove_suffix(1);
    }
    if (is_marker(line, "---")) {
      finish(at, line_number);
    }
    content = content || has_content(line);
    if (is_marker(line, "...")) {
      finish(end, line_number + 1);
    }
    at = end;
  }
  finish(stream.size(), line_number);
  return documents;
}

}  // namespace keelvip::specfile
