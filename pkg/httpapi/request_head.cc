#include "pkg/httpapi/request_head.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "pkg/base/check.h"

namespace keelvip::httpapi {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

/// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Whether `token` is an element of a comma-separated list.
bool list_contains(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trimmed(list.substr(0, comma)), token)) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// The lines of a complete head without their ends and without the last, empty one.
std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  while (head != kLineEnd) {
    const std::size_t end = head.find(kLineEnd);
    KEELVIP_CHECK(end != std::string_view::npos);
    lines.push_back(head.substr(0, end));
    head.remove_prefix(end + kLineEnd.size());
  }
  return lines;
}

std::optional<Reply> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || has_control_bytes(line) ||
      line.find(' ', first + 1) != last || !is_token(line.substr(0, first)) ||
      line[first + 1] != '/') {
    return refusal(400, "the request line is not METHOD /PATH VERSION");
  }
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refusal(400, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  const std::string_view method = line.substr(0, first);
  if (method != "GET" && method != "HEAD") {
    return refusal(405, "this endpoint is read-only: use GET or HEAD");
  }
  return std::nullopt;
}

struct Header {
  std::string_view name;
  std::string_view value;
};

std::optional<Header> parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const Header header{line.substr(0, colon), trimmed(line.substr(colon + 1))};
  if (!is_token(header.name) || has_control_bytes(header.value)) {
    return std::nullopt;
  }
  return header;
}

bool announces_body(const Header& header) {
  return equal_ignoring_case(header.name, "Transfer-Encoding") ||
         (equal_ignoring_case(header.name, "Content-Length") && header.value != "0");
}

}  // namespace

HeadScanner::Verdict HeadScanner::scan(std::string_view buffer) {
  while (position_ < buffer.size()) {
    const std::size_t newline = buffer.find('\n', position_);
    if (newline == std::string_view::npos) {
      position_ = buffer.size();
      break;
    }
    if (newline == 0 || buffer[newline - 1] != '\r') {
      return Verdict::kBareNewline;
    }
    position_ = newline + 1;
    if (buffer.substr(0, position_).ends_with("\r\n\r\n")) {
      return Verdict::kComplete;
    }
  }
  return Verdict::kIncomplete;
}

std::variant<RequestHead, Reply> read_head(std::string_view head) {
  const std::vector<std::string_view> lines = lines_of(head);
  KEELVIP_CHECK(!lines.empty());
  if (auto refused = check_request_line(lines.front())) {
    return *std::move(refused);
  }
  if (lines.size() > kMaxHeaders + 1) {
    return refusal(431, "more than 100 headers");
  }
  RequestHead request;
  request.forwarded.append(lines.front()).append(kLineEnd);
  request.keep_alive = lines.front().ends_with("HTTP/1.1");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto header = parse_header(lines[i]);
    if (!header) {
      return refusal(400, "a header line is not NAME: VALUE");
    }
    if (announces_body(*header)) {
      return refusal(413, "a request body is not accepted");
    }
    if (equal_ignoring_case(header->name, "Connection")) {
      request.keep_alive = request.keep_alive && !list_contains(header->value, "close");
    } else if (equal_ignoring_case(header->name, "Accept")) {
      request.forwarded.append("Accept: ").append(header->value).append(kLineEnd);
    }
  }
  request.forwarded.append(kLineEnd);
  return request;
}

}  // namespace keelvip::httpapi
