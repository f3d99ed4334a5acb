// HttpTransfer: one attempt inside libcurl: the easy handle with its options, what has been read so
// far, and the outcome. Only http_probe.cc includes this.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "pkg/base/time.h"
#include "pkg/probe/attempt.h"
#include "pkg/probe/http_request.h"

namespace keelvip::probe {

struct EasyDeleter {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;

class HttpTransfer {
 public:
  /// Prepares `handle`, fresh or used before, for one request. The transfer must not move.
  HttpTransfer(AttemptId id, EasyHandle handle, const HttpRequest& request,
               const Endpoint& endpoint, const std::string& user_agent);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;
  ~HttpTransfer() = default;

  [[nodiscard]] AttemptId id() const { return id_; }
  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  [[nodiscard]] std::string progress() const;
  [[nodiscard]] Outcome outcome(CURLcode code) const;
  /// The handle, for another transfer.
  [[nodiscard]] EasyHandle release() { return std::move(handle_); }

 private:
  struct ListDeleter {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, ListDeleter>;

  static void append(List& list, const std::string& line);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static std::size_t on_head(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  void set_request(const HttpRequest& request, const Endpoint& endpoint,
                   const std::string& user_agent);
  void set_limits();
  [[nodiscard]] long status() const;
  [[nodiscard]] Outcome failure(CURLcode code) const;

  AttemptId id_;
  bool tls_ = false;
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // libcurl's; to ask how far it has come
  std::size_t head_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool head_complete_ = false;
  std::string error_;  // libcurl's words, CURL_ERROR_SIZE bytes
  List headers_;
  List connect_to_;
  EasyHandle handle_;  // last: it points to the members above until it is gone
};

}  // namespace keelvip::probe
