#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/decode_parts.h"
#include "pkg/api/encode.h"

namespace keelvip::api {
namespace {

constexpr std::size_t kMaxChecks = 32;
constexpr std::size_t kMaxHeaders = 32;
constexpr std::size_t kMaxWords = 64;
constexpr std::size_t kMaxTextBytes = 4096;

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string read_host(ObjectReader& reader) {
  const auto host = reader.text("host");
  if (host && !is_host(*host)) {
    reader.refuse("host", "must be an IP address or a host name");
  }
  return host.value_or("127.0.0.1");
}

std::uint16_t read_port(ObjectReader& reader) {
  reader.require("port");
  return static_cast<std::uint16_t>(reader.integer("port", {1, 65535}).value_or(0));
}

std::pair<std::string, std::string> decode_header(const Node& node, const std::string& path,
                                                  Errors& errors) {
  ObjectReader reader(node, path, errors);
  reader.require("name");
  reader.require("value");
  auto name = reader.text("name");
  auto value = reader.text("value");
  if (name && (!is_token(*name) || name->size() > kMaxTextBytes)) {
    reader.refuse("name", "must be the name of an HTTP header, such as Host");
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (value &&
      (std::any_of(value->begin(), value->end(), is_control) || value->size() > kMaxTextBytes)) {
    reader.refuse("value", fmt::format("must be one line of at most {} bytes", kMaxTextBytes));
  } else if (value == kRedacted) {
    reader.refuse("value", "is what is shown in its place; write the value itself");
  }
  reader.refuse_unknown();
  return {name.value_or(""), value.value_or("")};
}

HttpGet decode_http_get(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  HttpGet probe;
  probe.port = read_port(reader);
  probe.path = reader.text("path").value_or(probe.path);
  if (!probe.path.starts_with('/') || !is_visible(probe.path) ||
      probe.path.find('#') != std::string::npos || probe.path.size() > kMaxTextBytes) {
    reader.refuse("path",
                  fmt::format("must start with \"/\" and be visible ASCII without \"#\" and spaces "
                              "(write them as %23 and %20), of at most {} bytes",
                              kMaxTextBytes));
  }
  probe.scheme = reader.word("scheme", kSchemes).value_or(probe.scheme);
  probe.host = read_host(reader);
  if (const Node* headers = reader.find("httpHeaders")) {
    const std::string list_path = reader.path("httpHeaders");
    const Node::Array& items = read_list(*headers, list_path, kMaxHeaders, errors);
    for (std::size_t i = 0; i < items.size(); ++i) {
      probe.headers.push_back(decode_header(items[i], fmt::format("{}[{}]", list_path, i), errors));
    }
  }
  reader.refuse_unknown();
  return probe;
}

TcpSocket decode_tcp_socket(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  TcpSocket probe;
  probe.port = read_port(reader);
  probe.host = read_host(reader);
  reader.refuse_unknown();
  return probe;
}

bool is_user_name(std::string_view name) {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= 32 && starts(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return starts(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

Exec decode_exec(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  Exec probe;
  if (const Node* command = reader.require("command")) {
    const std::string list_path = reader.path("command");
    const Node::Array& items = read_list(*command, list_path, kMaxWords, errors);
    if (command->array() != nullptr && command->array()->empty()) {
      reader.refuse("command", "must name a program");
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string item_path = fmt::format("{}[{}]", list_path, i);
      const std::string* word = items[i].text();
      if (word == nullptr) {
        errors.add(items[i].position, item_path, wrong_type("a string", items[i]));
      } else if ((i == 0 && !word->starts_with('/')) || word->size() > kMaxTextBytes) {
        errors.add(items[i].position, item_path,
                   i == 0 ? "must be the absolute path of a program"
                          : fmt::format("must have at most {} bytes", kMaxTextBytes));
      } else {
        probe.command.push_back(*word);
      }
    }
  }
  probe.user = reader.text("user").value_or(probe.user);
  if (!is_user_name(probe.user)) {
    reader.refuse("user", "must be the name of a user account");
  }
  reader.refuse_unknown();
  return probe;
}

OnFailure decode_on_failure(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  OnFailure failure;
  const auto action = reader.word("action", kFailureActions);
  failure.action = action.value_or(failure.action);
  const auto by = reader.integer("by", {1, 253});
  const bool action_is_wrong = reader.has("action") && !action;
  if (failure.action == OnFailure::Action::kLowerPriority) {
    failure.by = static_cast<std::uint8_t>(by.value_or(0));
    if (!reader.has("by")) {
      reader.refuse("by", "is required with action LowerPriority");
    }
  } else if (reader.has("by") && !action_is_wrong) {
    reader.refuse("by", "is only for action LowerPriority");
  }
  reader.refuse_unknown();
  return failure;
}

void decode_probe(ObjectReader& reader, HealthCheck& check) {
  Errors& errors = reader.errors();
  const Node* http_get = reader.find("httpGet");
  const Node* tcp_socket = reader.find("tcpSocket");
  const Node* exec = reader.find("exec");
  if (http_get != nullptr) {
    check.probe = decode_http_get(*http_get, reader.path("httpGet"), errors);
  }
  if (tcp_socket != nullptr) {
    check.probe = decode_tcp_socket(*tcp_socket, reader.path("tcpSocket"), errors);
  }
  if (exec != nullptr) {
    check.probe = decode_exec(*exec, reader.path("exec"), errors);
  }
  const int count =
      (http_get != nullptr ? 1 : 0) + (tcp_socket != nullptr ? 1 : 0) + (exec != nullptr ? 1 : 0);
  if (count != 1 && reader.node().object() != nullptr) {
    errors.add(reader.node().position, reader.path(""),
               "must have exactly one of httpGet, tcpSocket and exec");
  }
}

HealthCheck decode_check(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  HealthCheck check;
  reader.require("name");
  if (const auto name = reader.text("name")) {
    if (is_dns_label(*name)) {
      check.name = *name;
    } else {
      reader.refuse("name",
                    "must be lower-case letters, digits and \"-\", start and end with a letter or "
                    "digit, and have at most 63 characters");
    }
  }
  decode_probe(reader, check);
  using base::Milliseconds;
  // Below 10 ms a check measures the scheduler. A timeout may exceed the period: attempts never
  // overlap, the next one waits.
  if (const auto period = reader.integer("periodMilliseconds", {10, 3'600'000})) {
    check.period = Milliseconds(*period);
  }
  if (const auto timeout = reader.integer("timeoutMilliseconds", {10, 600'000})) {
    check.timeout = Milliseconds(*timeout);
  }
  const auto threshold = [&](const char* name, std::uint32_t fallback) {
    return static_cast<std::uint32_t>(reader.integer(name, {1, 100}).value_or(fallback));
  };
  check.success_threshold = threshold("successThreshold", check.success_threshold);
  check.failure_threshold = threshold("failureThreshold", check.failure_threshold);
  if (const Node* failure = reader.find("onFailure")) {
    check.on_failure = decode_on_failure(*failure, reader.path("onFailure"), errors);
  }
  reader.refuse_unknown(
      {{"grpc", "gRPC checks are not supported yet; use httpGet, tcpSocket or exec"}});
  return check;
}

}  // namespace

std::vector<HealthCheck> decode_checks(const Node& node, const std::string& path, Errors& errors) {
  std::vector<HealthCheck> checks;
  std::set<std::string> names;
  const Node::Array& items = read_list(node, path, kMaxChecks, errors);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    checks.push_back(decode_check(items[i], item_path, errors));
    const std::string& name = checks.back().name;
    if (!name.empty() && !names.insert(name).second) {
      errors.add(items[i].find("name")->position, item_path + ".name",
                 fmt::format("\"{}\" is the name of another check already", name));
    }
  }
  return checks;
}

}  // namespace keelvip::api
