#include "pkg/probe/attempt.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace keelvip::probe {

std::string describe(base::Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (duration % std::chrono::seconds{1} == base::Duration::zero()) {
    return fmt::format("{:.0f} s", seconds);
  }
  if (seconds >= 1) {
    return fmt::format("{:.1f} s", seconds);
  }
  return fmt::format("{:.{}f} ms", seconds * 1000, seconds < 0.01 ? 1 : 0);
}

std::string first_line(std::string_view text, std::size_t limit) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text = text.substr(begin);
  text = text.substr(0, std::min(text.find_first_of("\r\n"), limit));
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char byte) { return byte < ' ' || byte > '~'; }, '?');
  return line;
}

}  // namespace keelvip::probe
