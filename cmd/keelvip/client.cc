#include "cmd/keelvip/client.h"

#include <sys/un.h>

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cmd/keelvip/table.h"

namespace keelvip::cmd {

namespace {

using nlohmann::ordered_json;

constexpr long kConnectMilliseconds = 3'000;
constexpr long kSilentSeconds = 2;  // an agent answers within milliseconds, or hangs
constexpr long kTotalMilliseconds = 10'000;
constexpr std::size_t kMaxAnswerBytes = std::size_t{256} << 20U;
constexpr std::string_view kUnixScheme = "unix:";

bool has_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const bool there = curl_url_get(url, part, &text, 0) == CURLUE_OK;
  curl_free(text);
  return there;
}

/// What is wrong with the form of `endpoint`; empty: nothing.
std::string fault_of(const std::string& endpoint) {
  if (endpoint.starts_with(kUnixScheme)) {
    const std::string_view path = std::string_view(endpoint).substr(kUnixScheme.size());
    return path.starts_with('/') && path.size() < sizeof(sockaddr_un::sun_path)
               ? ""
               : "the path must be absolute and below 108 bytes";
  }
  const bool schemeless = endpoint.find("://") == std::string::npos;
  if (!schemeless && !endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
    return "an agent speaks http";
  }
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const std::string whole = schemeless ? "http://" + endpoint : endpoint;
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0);
      code != CURLUE_OK) {
    return curl_url_strerror(code);
  }
  if (has_part(url.get(), CURLUPART_QUERY) || has_part(url.get(), CURLUPART_FRAGMENT)) {
    return "it has a query or a fragment";
  }
  // http://HOST may be a proxy's; HOST alone is more likely half of HOST:PORT.
  return schemeless && !has_part(url.get(), CURLUPART_PORT) ? "it has no port" : "";
}

std::size_t receive(char* bytes, std::size_t /*one*/, std::size_t count, void* text) {
  auto& answer = *static_cast<std::string*>(text);
  if (answer.size() + count > kMaxAnswerBytes) {
    return 0;  // ends the transfer
  }
  answer.append(bytes, count);
  return count;
}

/// `number`: of the system's error; 0 if it is none, then `otherwise` says what is.
base::Error unreachable(const std::string& endpoint, int number, std::string_view otherwise) {
  const std::string_view hint =
      number == EACCES && endpoint.starts_with("unix:")
          ? "A socket file is for its owner and group: do it as one of them, or as root."
          : "Is `keelvip agent` running there, and does its worker live (its log tells)? If it "
            "listens elsewhere (--listen), name that address with --endpoint.";
  return base::report_error(fmt::format("cannot reach the agent at {}: {}\n{}", endpoint,
                                        number != 0 ? base::describe_errno(number) : otherwise,
                                        hint));
}

base::Error silent(const std::string& endpoint) {
  return base::report_error(
      fmt::format("the agent at {} takes the connection and does not answer: it is stopped, hangs "
                  "or its machine is overloaded; its log and the state of its process tell more",
                  endpoint));
}

base::Error not_an_agent(const std::string& endpoint, std::string_view why) {
  return base::report_error(
      fmt::format("what answers at {} is not a Keelvip agent: {}\nName the agent's address with "
                  "--endpoint.",
                  endpoint, why));
}

/// nullopt: nested deeper than any answer of ours.
std::optional<api::Node> to_node(const ordered_json& json, std::size_t depth) {
  if (depth > api::kMaxDepth) {
    return std::nullopt;
  }
  api::Node node;
  if (json.is_object()) {
    api::Node::Object members;
    for (const auto& [key, value] : json.items()) {
      auto member = to_node(value, depth + 1);
      if (!member) {
        return std::nullopt;
      }
      members.push_back({key, {}, *std::move(member)});
    }
    node.value = std::move(members);
  } else if (json.is_array()) {
    api::Node::Array items;
    for (const ordered_json& value : json) {
      auto item = to_node(value, depth + 1);
      if (!item) {
        return std::nullopt;
      }
      items.push_back(*std::move(item));
    }
    node.value = std::move(items);
  } else if (json.is_string()) {
    node.value = json.get_ref<const std::string&>();
  } else if (json.is_boolean()) {
    node.value = json.get<bool>();
  } else if (json.is_number_float() ||
             (json.is_number_unsigned() &&
              json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
    node.value = json.get<double>();
  } else if (json.is_number()) {
    node.value = json.get<std::int64_t>();
  }
  return node;
}

}  // namespace

std::string url_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.') {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

base::Result<api::Node> parse_answer(std::string_view json) {
  const ordered_json parsed = ordered_json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return base::unexpected(base::report_error("its answer is not JSON"));
  }
  auto node = to_node(parsed, 0);
  if (!node) {
    return base::unexpected(base::report_error("its answer is nested too deep"));
  }
  return *std::move(node);
}

base::Result<void> check_endpoint(const std::string& endpoint) {
  const std::string wrong = fault_of(endpoint);
  if (wrong.empty()) {
    return {};
  }
  return base::unexpected(base::report_error(fmt::format(
      "\"{}\" is no endpoint: {}; write http://HOST:PORT, HOST:PORT or unix:/PATH, such "
      "as {}",
      printable(endpoint), wrong, kDefaultEndpoint)));
}

base::Result<Answer> ask_agent(const std::string& endpoint, std::string_view path) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  CURL* curl = handle.get();
  std::string body;
  std::string url = endpoint;
  if (endpoint.starts_with(kUnixScheme)) {
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, endpoint.c_str() + kUnixScheme.size());
    url = "http://localhost";
  }
  if (url.ends_with('/')) {
    url.pop_back();
  }
  url += path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // http_proxy is not for the agent next door
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMilliseconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes per second
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTotalMilliseconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode outcome = curl_easy_perform(curl);
  curl_off_t connected = 0;
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
  if (outcome == CURLE_OPERATION_TIMEDOUT && connected > 0) {
    return base::unexpected(silent(endpoint));
  }
  if (outcome != CURLE_OK) {
    long number = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    return base::unexpected(
        unreachable(endpoint, static_cast<int>(number), curl_easy_strerror(outcome)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  auto node = parse_answer(body);
  if (!node) {
    return base::unexpected(not_an_agent(endpoint, node.error().message));
  }
  return Answer{static_cast<int>(status), *std::move(node)};
}

base::Result<api::Node> ask_status(const std::string& endpoint) {
  auto answer = ask_agent(endpoint, "/status");
  if (!answer) {
    return base::unexpected(answer.error());
  }
  if (answer->status != 200) {
    const api::Node* message = answer->body.find("message");
    const std::string* words = message != nullptr ? message->text() : nullptr;
    return base::unexpected(base::report_error(words != nullptr ? printable(*words) : ""));
  }
  return std::move(answer->body);
}

}  // namespace keelvip::cmd
