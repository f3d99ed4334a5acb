// Splits a YAML stream into its documents before anything parses them. A line that starts with
// "---" or "..." separates documents wherever it stands, even within a quoted or block scalar (YAML
// 1.2 section 9.1.2, c-forbidden), so that no parser is needed to find them, and what is wrong in
// one document cannot spread. Internal to specfile; pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace keelvip::specfile {

struct DocumentText {
  std::string_view text;         // with its "---" line, if it has one
  std::uint32_t first_line = 1;  // of `text`, in the stream
};

/// Every document of the stream; those of white space and comments alone are left out.
[[nodiscard]] std::vector<DocumentText> split_documents(std::string_view stream);

}  // namespace keelvip::specfile
