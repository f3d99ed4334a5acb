#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::conformance {
namespace {

/// The items that concern what is built so far.
const std::vector<std::pair<int, int>> kRanges{{1, 9},   {13, 30}, {32, 36},
                                               {38, 53}, {55, 55}, {57, 58}};

/// The number at `at`, which moves behind it; 0 if there is none.
int take_number(std::string_view text, std::size_t& at) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + std::min(at, text.size()), end, number);
  at = static_cast<std::size_t>(rest - text.data());
  return number;
}

/// Item number to the files that the table in README.md names for it: "| 9 | what | `file`, ... |".
std::map<int, std::vector<std::string>> read_table() {
  std::map<int, std::vector<std::string>> table;
  std::ifstream readme(KEELVIP_CONFORMANCE_DIR "/README.md");
  for (std::string line; std::getline(readme, line);) {
    std::size_t at = 2;
    const int item = line.starts_with("| ") ? take_number(line, at) : 0;
    if (item == 0) {
      continue;
    }
    std::vector<std::string>& files = table[item];
    for (auto open = line.find('`'); open != std::string::npos; open = line.find('`', open + 1)) {
      const auto close = line.find('`', open + 1);
      files.push_back(line.substr(open + 1, close - open - 1));
      open = close;
    }
  }
  return table;
}

/// Whether `line` goes on with a list of numbers at `at` that has `item` in it: "9, 12".
bool lists_item(std::string_view line, std::size_t at, int item) {
  while (const int number = take_number(line, at)) {
    if (number == item) {
      return true;
    }
    at += line.substr(at).starts_with(", ") ? 2 : line.size();
  }
  return false;
}

/// Whether the file says "conformance N" or "Item N", also among several numbers.
bool names_item(const std::string& path, int item) {
  std::ifstream file(KEELVIP_SOURCE_DIR "/" + path);
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view word : {"onformance ", "Item "}) {
      const auto at = line.find(word);
      if (at != std::string::npos && lists_item(line, at + word.size(), item)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

TEST_CASE("every conformance item in reach is in the table with at least one test") {
  const auto table = read_table();
  for (const auto& [first, last] : kRanges) {
    for (int item = first; item <= last; ++item) {
      CAPTURE(item);
      REQUIRE(table.contains(item));
      CHECK_FALSE(table.at(item).empty());
    }
  }
}

TEST_CASE("every test in the table exists and names its item") {
  for (const auto& [item, files] : read_table()) {
    for (const std::string& file : files) {
      CAPTURE(item);
      CAPTURE(file);
      CHECK(names_item(file, item));
    }
  }
}

}  // namespace keelvip::conformance
