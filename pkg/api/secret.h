// Secret: text that must never reach a log line, a status or a metric. It has no stream or format
// operator on purpose; whoever needs the bytes says so by calling reveal(), and a tidy test says
// who may: the decoder and the controller. A value, on any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace keelvip::api {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] std::string_view reveal() const { return text_; }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string text_;
};

}  // namespace keelvip::api
