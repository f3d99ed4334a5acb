// Table: columns for the terminal, as kubectl prints them: aligned, never wrapped, `<none>` where
// there is nothing to say. Main thread.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace keelvip::cmd {

class Table {
 public:
  explicit Table(std::vector<std::string> headers);

  /// As many cells as there are headers.
  void add_row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }

  /// Each line begins with `indent` blanks and ends without any.
  void print(std::ostream& out, std::size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the headers first
};

/// Text from elsewhere, safe on a terminal and on one line: control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace keelvip::cmd
