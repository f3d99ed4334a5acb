// RequestHead: the strict gate before the HTTP library. It finds the end of a request's head,
// refuses what is malformed or not for a read-only endpoint, and keeps of the rest only the few
// headers that have a meaning here. What the library is known to choke on (ranges, encodings,
// bodies, bare newlines) never reaches it. httpapi's thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pkg/httpapi/reply.h"

namespace keelvip::httpapi {

inline constexpr std::size_t kMaxHeadBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxHeaders = 100;

struct RequestHead {
  std::string forwarded;    // request line and the headers that matter, as the library gets them
  bool keep_alive = false;  // HTTP/1.1 and no "Connection: close"
};

/// Follows a head as it comes in.
class HeadScanner {
 public:
  enum class Verdict : std::uint8_t { kIncomplete, kComplete, kBareNewline };

  /// Looks at what was appended to `buffer` since the last call.
  [[nodiscard]] Verdict scan(std::string_view buffer);
  /// Bytes of the complete head, its empty line included.
  [[nodiscard]] std::size_t length() const { return position_; }
  void restart() { position_ = 0; }

 private:
  std::size_t position_ = 0;  // everything before it has been looked at
};

/// `head` is complete. A Reply: the refusal.
[[nodiscard]] std::variant<RequestHead, Reply> read_head(std::string_view head);

}  // namespace keelvip::httpapi
