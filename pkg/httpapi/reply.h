// Page and Reply: what an endpoint answers, and the bytes of that answer on the wire. The body is
// shared: a thousand readers of one status hold one copy. httpapi's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace keelvip::httpapi {

struct Page {
  int status = 200;
  std::string content_type;
  std::shared_ptr<const std::string> body;  // never null
};

struct Reply {
  int status = 200;
  std::string head;                         // status line and headers with the empty line
  std::shared_ptr<const std::string> body;  // null: none (HEAD)
  bool close = false;                       // the connection ends after it
};

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

[[nodiscard]] Page page(int status, std::string_view content_type, std::string body);

/// A metav1.Status in JSON, which is how a Kubernetes API says no. `message` is for people.
[[nodiscard]] Page failure_page(int status, std::string_view message);

/// "404" to "Not Found"; for the codes that are sent here.
[[nodiscard]] std::string_view status_phrase(int status);

/// The answer to bytes that are no request for us; the connection ends after it.
[[nodiscard]] Reply refusal(int status, std::string_view message);

}  // namespace keelvip::httpapi
