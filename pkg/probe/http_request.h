// HttpRequest: the bytes that an httpGet check asks for, made from its spec and nothing else. What
// a spec could smuggle into a request line or a header is encoded or refused here.
#pragma once

#include <string>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/health/check.h"
#include "pkg/probe/endpoint.h"

namespace keelvip::probe {

struct HttpRequest {
  std::string url;
  /// "HOST:PORT:ADDRESS:PORT": where to connect to, when the URL names something else; else empty.
  std::string connect_to;
  std::vector<std::string> header_lines;
};

/// Asks `endpoint`. Over TLS the URL carries the name of a Host header, so that the server sees it
/// as the SNI too and picks the right virtual host. Errors: kReport, with the field at fault.
[[nodiscard]] base::Result<HttpRequest> make_request(const health::HttpProbe& probe,
                                                     const Endpoint& endpoint);

}  // namespace keelvip::probe
