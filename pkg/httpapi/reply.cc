#include "pkg/httpapi/reply.h"

#include <utility>

#include <fmt/format.h>

#include "pkg/status/json_writer.h"

namespace keelvip::httpapi {

namespace {

/// The `reason` of metav1.Status.
std::string_view status_reason(int status) {
  switch (status) {
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 408:
      return "Timeout";
    case 413:
    case 414:
    case 431:
      return "RequestEntityTooLarge";
    case 500:
      return "InternalError";
    case 503:
      return "ServiceUnavailable";
    default:
      return "BadRequest";
  }
}

}  // namespace

std::string_view status_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

Page page(int status, std::string_view content_type, std::string body) {
  return {status, std::string(content_type), std::make_shared<const std::string>(std::move(body))};
}

Page failure_page(int status, std::string_view message) {
  status::JsonWriter json;
  json.begin_object();
  json.field("kind", "Status");
  json.field("apiVersion", "v1");
  json.field("status", "Failure");
  json.field("message", message);
  json.field("reason", status_reason(status));
  json.field("code", status);
  json.end_object();
  return page(status, kJson, json.take() + "\n");
}

Reply refusal(int status, std::string_view message) {
  const Page page = failure_page(status, message);
  return {status,
          fmt::format("HTTP/1.1 {} {}\r\n{}Content-Type: {}\r\nContent-Length: {}\r\n"
                      "Connection: close\r\n\r\n",
                      status, status_phrase(status), status == 405 ? "Allow: GET, HEAD\r\n" : "",
                      page.content_type, page.body->size()),
          page.body, true};
}

}  // namespace keelvip::httpapi
