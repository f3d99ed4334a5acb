// What must hold for any text that claims to hold documents, whichever parser read it: errors stand
// inside the text, and what is accepted can be printed, read again and means the same.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/api/node.h"

namespace keelvip::fuzz {

/// `parse` has read `documents` from `text`.
void check_documents(std::string_view text, const std::vector<api::ParsedDocument>& documents);

}  // namespace keelvip::fuzz
