#include "pkg/probe/http_request.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace keelvip::probe {
namespace {

bool is_control(char byte) {
  return (byte >= 0 && byte < ' ') || byte == '\x7f';
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 &&
         std::all_of(name.begin(), name.end(), [](char byte) {
           return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '-' ||
                  byte == '.' || byte == '_';
         });
}

bool equal_without_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

// A path is sent as it was written; only what would end the request line, or never leave the
// client (a fragment), is encoded (RFC 3986 2.1).
std::string encode_path(std::string_view path) {
  std::string encoded = path.starts_with('/') ? "" : "/";
  for (const char byte : path) {
    if (byte > ' ' && byte <= '~' && byte != '#') {
      encoded.push_back(byte);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return encoded;
}

// The name in a Host header, without its port; empty if there is none or if it is an address.
std::string virtual_host(const health::HttpProbe& probe) {
  for (const auto& [name, value] : probe.headers) {
    if (equal_without_case(name, "Host")) {
      const std::string host = value.substr(0, value.rfind(':'));
      return is_host_name(host) && !literal_endpoint(host, 0) ? host : "";
    }
  }
  return "";
}

base::Result<std::vector<std::string>> header_lines(const health::HttpProbe& probe) {
  std::vector<std::string> lines{"Connection: close"};
  for (const auto& [name, value] : probe.headers) {
    const bool name_valid = !name.empty() && std::none_of(name.begin(), name.end(), [](char byte) {
      return is_control(byte) || byte == ' ' || byte == ':' || byte == ';';
    });
    if (!name_valid || std::any_of(value.begin(), value.end(), is_control)) {
      return base::unexpected(
          base::report_error(fmt::format("header \"{}\" has a control character or no valid name",
                                         name_valid ? name : std::string("?"))));
    }
    // libcurl takes "Name:" as "do not send it" and wants "Name;" for an empty value.
    lines.push_back(value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value));
  }
  return lines;
}

}  // namespace

base::Result<HttpRequest> make_request(const health::HttpProbe& probe, const Endpoint& endpoint) {
  auto lines = header_lines(probe);
  if (!lines) {
    return base::unexpected(lines.error());
  }
  const bool is_literal = literal_endpoint(probe.host, probe.port).has_value();
  if (!is_literal && !is_host_name(probe.host)) {
    return base::unexpected(base::report_error("host is neither an address nor a host name"));
  }
  std::string host = is_literal ? endpoint.url_host() : probe.host;
  if (probe.tls) {
    if (std::string name = virtual_host(probe); !name.empty()) {
      host = std::move(name);
    }
  }
  HttpRequest request;
  request.url = fmt::format("{}://{}:{}{}", probe.tls ? "https" : "http", host, probe.port,
                            encode_path(probe.path));
  if (host != endpoint.url_host()) {
    request.connect_to =
        fmt::format("{}:{}:{}:{}", host, probe.port, endpoint.url_host(), endpoint.port());
  }
  request.header_lines = std::move(*lines);
  return request;
}

}  // namespace keelvip::probe
