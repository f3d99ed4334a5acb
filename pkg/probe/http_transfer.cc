#include "pkg/probe/http_transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "pkg/base/check.h"
#include "pkg/base/error.h"
#include "pkg/probe/http_probe.h"

namespace keelvip::probe {
namespace {

constexpr std::size_t kReasonLimit = 160;

struct ListDeleter {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  KEELVIP_CHECK(longer != nullptr);
  [[maybe_unused]] curl_slist* same = list.release();
  list.reset(longer);
}

// Every option below is known to the libcurl we build with; only memory can run out.
template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  KEELVIP_CHECK(::curl_easy_setopt(handle, option, value) == CURLE_OK);
}

long status_of(CURL* handle) {
  long code = 0;
  ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

}  // namespace

/// What libcurl reads and writes while the transfer runs.
struct HttpTransfer::Exchange {
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static std::size_t on_head(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  CURL* handle = nullptr;
  bool tls = false;
  curl_socket_t socket = CURL_SOCKET_BAD;  // libcurl's; to ask how far it has come
  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
  bool head_complete = false;
  std::array<char, CURL_ERROR_SIZE> error{};
  List headers;
  List connect_to;
};

void EasyDeleter::operator()(void* handle) const {
  ::curl_easy_cleanup(handle);
}

EasyHandle make_easy_handle() {
  return EasyHandle(::curl_easy_init());
}

HttpTransfer::HttpTransfer(AttemptId id, EasyHandle handle, const HttpRequest& request,
                           const Endpoint& endpoint, const std::string& user_agent)
    : id_(id), exchange_(std::make_unique<Exchange>()), handle_(std::move(handle)) {
  KEELVIP_CHECK(handle_ != nullptr);
  ::curl_easy_reset(handle_.get());
  exchange_->handle = handle_.get();
  set(handle_.get(), CURLOPT_PRIVATE, static_cast<void*>(this));
  set_limits();
  set_request(request, endpoint, user_agent);
}

HttpTransfer::~HttpTransfer() = default;

EasyHandle HttpTransfer::release() {
  ::curl_easy_reset(handle_.get());
  return std::move(handle_);
}

void HttpTransfer::set_request(const HttpRequest& request, const Endpoint& endpoint,
                               const std::string& user_agent) {
  CURL* curl = handle_.get();
  exchange_->tls = request.url.starts_with("https:");
  for (const std::string& line : request.header_lines) {
    append(exchange_->headers, line);
  }
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_HTTPHEADER, exchange_->headers.get());
  set(curl, CURLOPT_USERAGENT, user_agent.c_str());
  if (!request.connect_to.empty()) {
    append(exchange_->connect_to, request.connect_to);
    set(curl, CURLOPT_CONNECT_TO, exchange_->connect_to.get());
  }
  if (endpoint.scope() != 0) {
    set(curl, CURLOPT_ADDRESS_SCOPE, static_cast<long>(endpoint.scope()));
  }
}

void HttpTransfer::set_limits() {
  CURL* curl = handle_.get();
  void* exchange = exchange_.get();
  set(curl, CURLOPT_ERRORBUFFER, exchange_->error.data());
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(curl, CURLOPT_PATH_AS_IS, 1L);
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  // Neither http_proxy nor a .netrc of whoever started the agent has a say.
  set(curl, CURLOPT_PROXY, "");
  set(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_FRESH_CONNECT, 1L);
  set(curl, CURLOPT_FORBID_REUSE, 1L);
  set(curl, CURLOPT_BUFFERSIZE, 4096L);
  // It asks for life, not for identity. Both, or libcurl still checks one of them.
  set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  set(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(curl, CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open);
  set(curl, CURLOPT_OPENSOCKETDATA, exchange);
  set(curl, CURLOPT_HEADERFUNCTION, &Exchange::on_head);
  set(curl, CURLOPT_HEADERDATA, exchange);
  set(curl, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(curl, CURLOPT_WRITEDATA, exchange);
}

// libcurl itself would leave the descriptor open in whatever the process executes.
curl_socket_t HttpTransfer::Exchange::on_open(void* self, curlsocktype /*purpose*/,
                                              curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return exchange.socket;
}

std::size_t HttpTransfer::Exchange::on_head(char* data, std::size_t size, std::size_t count,
                                            void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::string_view line(data, size * count);
  exchange.head_bytes += line.size();
  if (exchange.head_bytes > HttpProbes::kHeadLimit) {
    return CURL_WRITEFUNC_ERROR;
  }
  // A 1xx answer has an end of head too; the one that counts is still to come.
  if ((line == "\r\n" || line == "\n") && status_of(exchange.handle) >= 200) {
    exchange.head_complete = true;
  }
  return line.size();
}

std::size_t HttpTransfer::Exchange::on_body(char* /*data*/, std::size_t size, std::size_t count,
                                            void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.body_bytes += size * count;
  return exchange.body_bytes > HttpProbes::kBodyLimit ? CURL_WRITEFUNC_ERROR : size * count;
}

std::string HttpTransfer::progress() const {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(exchange_->socket, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    return "connecting";
  }
  curl_off_t encrypted = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_APPCONNECT_TIME_T, &encrypted);
  if (exchange_->tls && encrypted == 0) {
    return "in the TLS handshake";
  }
  if (exchange_->head_bytes == 0) {
    return "waiting for the response";
  }
  return exchange_->head_complete
             ? fmt::format("reading the body of HTTP {}", status_of(handle_.get()))
             : "reading the response's head";
}

Outcome HttpTransfer::outcome(int code) const {
  const bool read_enough = code == CURLE_WRITE_ERROR && exchange_->head_complete &&
                           exchange_->body_bytes > HttpProbes::kBodyLimit;
  if (code != CURLE_OK && !read_enough) {
    return failure(code);
  }
  const long status = status_of(handle_.get());
  return {.success = status >= 200 && status < 400, .reason = fmt::format("HTTP {}", status)};
}

Outcome HttpTransfer::failure(int code) const {
  if (exchange_->head_bytes > HttpProbes::kHeadLimit || code == CURLE_OUT_OF_MEMORY) {
    // libcurl says "out of memory" of a header line beyond its own limit of 100 kB.
    return {.success = false, .reason = "the response's head is too large"};
  }
  long system_error = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &system_error);
  if (code == CURLE_COULDNT_CONNECT) {
    return {.success = false,
            .reason = system_error != 0 ? base::describe_errno(static_cast<int>(system_error))
                                        : "cannot connect",
            .unreachable = true};
  }
  std::string words = first_line(exchange_->error.data(), kReasonLimit);
  if (words.empty()) {
    words = ::curl_easy_strerror(static_cast<CURLcode>(code));
  }
  return {.success = false, .reason = std::move(words)};
}

}  // namespace keelvip::probe
