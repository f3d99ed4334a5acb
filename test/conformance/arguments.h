// Arguments: one command line of a transcript, "verb word... key=value...". For the conformance
// tests; an unknown or missing key ends the test, because a misspelt one would test nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"

namespace keelvip::conformance {

/// Ends the program: the transcript cannot be understood.
[[noreturn]] void malformed(std::string_view what);

class Arguments {
 public:
  explicit Arguments(std::string_view line);

  [[nodiscard]] const std::string& verb() const { return verb_; }
  /// The words without '=', in order.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

  [[nodiscard]] std::optional<std::string> find(const std::string& key);
  [[nodiscard]] std::string text(const std::string& key, std::string_view fallback);
  [[nodiscard]] int number(const std::string& key, int fallback);
  [[nodiscard]] bool yes(const std::string& key, bool fallback);
  [[nodiscard]] std::vector<std::string> list(const std::string& key);

  /// Ends the program if a key was given that nobody asked for.
  void expect_all_used() const;

 private:
  std::string line_;
  std::string verb_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> values_;
  std::set<std::string> used_;
};

[[nodiscard]] int number_from(std::string_view text);
/// "1500ms", "3s", "250us", "7ns", with decimals.
[[nodiscard]] base::Duration duration_from(std::string_view text);
[[nodiscard]] net::IpAddress address_from(std::string_view text);

/// In seconds, exact to the nanosecond, without trailing zeros: "3.609375s".
[[nodiscard]] std::string print(base::Duration duration);
/// The same since the start of the transcript; "never".
[[nodiscard]] std::string print(base::Instant instant);

}  // namespace keelvip::conformance
