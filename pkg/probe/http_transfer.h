// HttpTransfer: one attempt inside libcurl: the easy handle with its options, what has been read so
// far, and the outcome. The engine behind HttpProbes holds them, on the probe thread. libcurl's own
// types stay in the .cc files; its handles are void pointers to its users, too.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "pkg/probe/attempt.h"
#include "pkg/probe/endpoint.h"
#include "pkg/probe/http_request.h"

namespace keelvip::probe {

struct EasyDeleter {
  void operator()(void* handle) const;
};
using EasyHandle = std::unique_ptr<void, EasyDeleter>;

[[nodiscard]] EasyHandle make_easy_handle();

class HttpTransfer {
 public:
  /// Prepares `handle`, fresh or used before, for one request. Its CURLINFO_PRIVATE is `this`.
  HttpTransfer(AttemptId id, EasyHandle handle, const HttpRequest& request,
               const Endpoint& endpoint, const std::string& user_agent);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;
  ~HttpTransfer();

  [[nodiscard]] AttemptId id() const { return id_; }
  [[nodiscard]] void* handle() const { return handle_.get(); }

  /// How far it has come: "connecting", "reading the body of HTTP 200".
  [[nodiscard]] std::string progress() const;
  /// Of a transfer that has ended with the CURLcode `code`.
  [[nodiscard]] Outcome outcome(int code) const;

  /// Gives the handle back, for another transfer; to be called when libcurl's multi handle has
  /// forgotten it. Nothing else of the transfer may be used then.
  [[nodiscard]] EasyHandle release();

 private:
  struct Exchange;
  void set_request(const HttpRequest& request, const Endpoint& endpoint,
                   const std::string& user_agent);
  void set_limits();
  [[nodiscard]] Outcome failure(int code) const;

  AttemptId id_;
  std::unique_ptr<Exchange> exchange_;
  EasyHandle handle_;  // last: it points to the exchange until it is gone
};

}  // namespace keelvip::probe
