// HttpLibrary: the one place that knows cpp-httplib. The library parses a request from memory and
// writes the head of the answer to memory; it never sees a socket, a body or a header that
// request_head did not let through. httpapi's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/httpapi/reply.h"
#include "pkg/httpapi/request_head.h"

namespace keelvip::httpapi {

/// A request as an endpoint sees it.
struct Request {
  std::string path;  // decoded, without query
  bool verbose = false;
  std::string accept;  // the header's value
};

class HttpLibrary {
 public:
  using Endpoint = std::function<Page(const Request&)>;

  explicit HttpLibrary(Endpoint endpoint);
  ~HttpLibrary();
  HttpLibrary(const HttpLibrary&) = delete;
  HttpLibrary& operator=(const HttpLibrary&) = delete;

  [[nodiscard]] Reply answer(const RequestHead& head);

 private:
  class Adapter;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace keelvip::httpapi
