#include "pkg/probe/http_transfer.h"

#include <sys/socket.h>

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "pkg/base/check.h"
#include "pkg/base/error.h"
#include "pkg/probe/http_probe.h"

namespace keelvip::probe {
namespace {

constexpr std::size_t kReasonLimit = 160;

// Every option below is known to the libcurl we build with; only memory can run out.
template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  KEELVIP_CHECK(::curl_easy_setopt(handle, option, value) == CURLE_OK);
}

}  // namespace

HttpTransfer::HttpTransfer(AttemptId id, EasyHandle handle, const HttpRequest& request,
                           const Endpoint& endpoint, const std::string& user_agent)
    : id_(id), error_(CURL_ERROR_SIZE, '\0'), handle_(std::move(handle)) {
  KEELVIP_CHECK(handle_ != nullptr);
  ::curl_easy_reset(handle_.get());
  set_limits();
  set_request(request, endpoint, user_agent);
}

void HttpTransfer::append(List& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  KEELVIP_CHECK(longer != nullptr);
  [[maybe_unused]] curl_slist* same = list.release();
  list.reset(longer);
}

void HttpTransfer::set_request(const HttpRequest& request, const Endpoint& endpoint,
                               const std::string& user_agent) {
  CURL* curl = handle_.get();
  tls_ = request.url.starts_with("https:");
  for (const std::string& line : request.header_lines) {
    append(headers_, line);
  }
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_HTTPHEADER, headers_.get());
  set(curl, CURLOPT_USERAGENT, user_agent.c_str());
  if (!request.connect_to.empty()) {
    append(connect_to_, request.connect_to);
    set(curl, CURLOPT_CONNECT_TO, connect_to_.get());
  }
  if (endpoint.scope() != 0) {
    set(curl, CURLOPT_ADDRESS_SCOPE, static_cast<long>(endpoint.scope()));
  }
}

void HttpTransfer::set_limits() {
  CURL* curl = handle_.get();
  set(curl, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(curl, CURLOPT_ERRORBUFFER, error_.data());
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
  set(curl, CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::on_open);
  set(curl, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(curl, CURLOPT_BUFFERSIZE, 4096L);
  // It asks for life, not for identity. Both, or libcurl still checks one of them.
  set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  set(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(curl, CURLOPT_HEADERFUNCTION, &HttpTransfer::on_head);
  set(curl, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(curl, CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

// libcurl itself would leave the descriptor open in whatever the process executes.
curl_socket_t HttpTransfer::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  transfer.socket_ = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return transfer.socket_;
}

std::size_t HttpTransfer::on_head(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  const std::string_view line(data, size * count);
  transfer.head_bytes_ += line.size();
  if (transfer.head_bytes_ > HttpProbes::kHeadLimit) {
    return CURL_WRITEFUNC_ERROR;
  }
  // A 1xx answer has an end of head too; the one that counts is still to come.
  if ((line == "\r\n" || line == "\n") && transfer.status() >= 200) {
    transfer.head_complete_ = true;
  }
  return line.size();
}

std::size_t HttpTransfer::on_body(char* /*data*/, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  transfer.body_bytes_ += size * count;
  return transfer.body_bytes_ > HttpProbes::kBodyLimit ? CURL_WRITEFUNC_ERROR : size * count;
}

long HttpTransfer::status() const {
  long code = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
  return code;
}

std::string HttpTransfer::progress() const {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    return "connecting";
  }
  curl_off_t encrypted = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_APPCONNECT_TIME_T, &encrypted);
  if (tls_ && encrypted == 0) {
    return "in the TLS handshake";
  }
  if (head_bytes_ == 0) {
    return "waiting for the response";
  }
  return head_complete_ ? fmt::format("reading the body of HTTP {}", status())
                        : "reading the response's head";
}

Outcome HttpTransfer::outcome(CURLcode code) const {
  const bool read_enough =
      code == CURLE_WRITE_ERROR && head_complete_ && body_bytes_ > HttpProbes::kBodyLimit;
  if (code != CURLE_OK && !read_enough) {
    return failure(code);
  }
  const long number = status();
  return {.success = number >= 200 && number < 400, .reason = fmt::format("HTTP {}", number)};
}

Outcome HttpTransfer::failure(CURLcode code) const {
  if (head_bytes_ > HttpProbes::kHeadLimit || code == CURLE_OUT_OF_MEMORY) {
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
  std::string words = first_line(error_.c_str(), kReasonLimit);
  if (words.empty()) {
    words = ::curl_easy_strerror(code);
  }
  return {.success = false, .reason = std::move(words)};
}

}  // namespace keelvip::probe
