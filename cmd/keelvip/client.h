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

/// Whether `endpoint` is written as it should be: "http://HOST:PORT" or https, "HOST:PORT" or
/// "unix:/path". The error's words show these forms; whether an agent is there is another question.
[[nodiscard]] base::Result<void> check_endpoint(const std::string& endpoint);

/// GET `path` from `endpoint`, of a form that check_endpoint() takes. Errors, in words that say
/// what to do: the agent cannot be reached, or what answers is not a Keelvip agent.
[[nodiscard]] base::Result<Answer> ask_agent(const std::string& endpoint, std::string_view path);

/// The answer to GET /status. Errors: as those of ask_agent(), or in the words of an agent that
/// knows nothing yet.
[[nodiscard]] base::Result<api::Node> ask_status(const std::string& endpoint);

/// `text` as one segment of a path (RFC 3986 2.1).
[[nodiscard]] std::string url_escaped(std::string_view text);

/// JSON text as a tree; names keep their order. Errors: kReport.
[[nodiscard]] base::Result<api::Node> parse_answer(std::string_view json);

}  // namespace keelvip::cmd
