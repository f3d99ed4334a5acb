#include "pkg/httpapi/http_library.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <httplib.h>

// The distribution's shared library is compiled with TLS. A program that leaves the macro out sees
// other class layouts and corrupts memory without a word.
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error "compile with the flags of pkg-config cpp-httplib"
#endif
static_assert(std::string_view(CPPHTTPLIB_VERSION) != "0.11.4" ||
                  sizeof(httplib::ClientImpl) == 968,
              "the layout differs from that of the shared library");

namespace keelvip::httpapi {

namespace {

/// A request in memory, and the head of its answer.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view input) : input_(input) {}

  [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t count = std::min(size, input_.size());
    std::memcpy(to, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view input_;
  std::string output_;
};

}  // namespace

class HttpLibrary::Adapter final : public httplib::Server {
 public:
  explicit Adapter(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
    // All routing happens here: the library's own routes are regular expressions, which recurse
    // over foreign input.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      page_ = endpoint_({.path = request.path,
                         .verbose = request.has_param("verbose"),
                         .accept = request.get_header_value("Accept")});
      response.status = page_->status;
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& response) { complete_head(response); });
    set_exception_handler([](const httplib::Request&, httplib::Response& response,
                             const std::exception_ptr&) { response.status = 500; });
  }

  Reply answer(const RequestHead& head) {
    page_.reset();
    MemoryStream stream(head.forwarded);
    bool connection_closed = false;
    const bool served = process_request(stream, !head.keep_alive, connection_closed, {});
    if (!served || !page_) {
      return refusal(400, "the request line is not METHOD /PATH VERSION");
    }
    Reply reply{page_->status, stream.take_output(), std::move(page_->body), !head.keep_alive};
    if (head.forwarded.starts_with("HEAD ")) {
      reply.body.reset();
    }
    return reply;
  }

 private:
  /// The body is not given to the library: it would copy and compress it.
  void complete_head(httplib::Response& response) {
    if (!page_) {
      page_ = failure_page(response.status, reason_of(response.status));
    }
    for (const char* name : {"Accept-Ranges", "Content-Length", "Content-Type", "Keep-Alive"}) {
      response.headers.erase(name);
    }
    response.set_header("Cache-Control", "no-store");
    response.set_header("Content-Length", std::to_string(page_->body->size()));
    response.set_header("Content-Type", page_->content_type);
    response.set_header("X-Content-Type-Options", "nosniff");
  }

  /// What the library itself refuses.
  static std::string_view reason_of(int status) {
    switch (status) {
      case 414:
        return "the request target is longer than 8 KiB";
      case 500:
        return "the agent could not make this answer";
      default:
        return "the request is malformed";
    }
  }

  Endpoint endpoint_;
  std::optional<Page> page_;  // of the request in hand
};

HttpLibrary::HttpLibrary(Endpoint endpoint)
    : adapter_(std::make_unique<Adapter>(std::move(endpoint))) {}

HttpLibrary::~HttpLibrary() = default;

Reply HttpLibrary::answer(const RequestHead& head) {
  try {
    return adapter_->answer(head);
  } catch (const std::exception&) {
    // What the library says of itself is not for the other side.
    return refusal(500, "the agent could not make this answer");
  }
}

}  // namespace keelvip::httpapi
