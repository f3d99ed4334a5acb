// Asks a running agent over HTTP, for the commands that show its status. Main thread; blocks for
// ten seconds at most.
#pragma once

#include <string>
#include <string_view>

#include "pkg/api/node.h"
#include "pkg/base/result.h"

namespace keelvip::cmd {

inline constexpr const char* kDefaultEndpoint = "http://127.0.0.1:9477";

struct Answer {
  int status = 0;  // HTTP
  api::Node body;
};

/// GET `path` from `endpoint` ("http://ADDR:PORT", "ADDR:PORT" or "unix:/path"). Errors, in words
/// that say what to do: the agent cannot be reached, or what answers is not a Keelvip agent.
[[nodiscard]] base::Result<Answer> ask_agent(const std::string& endpoint, std::string_view path);

/// `text` as one segment of a path (RFC 3986 2.1).
[[nodiscard]] std::string url_escaped(std::string_view text);

/// JSON text as a tree; names keep their order. Errors: kReport.
[[nodiscard]] base::Result<api::Node> parse_answer(std::string_view json);

}  // namespace keelvip::cmd
