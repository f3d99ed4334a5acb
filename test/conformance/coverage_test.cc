#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::conformance {
namespace {

/// The items that concern what is built so far.
const std::vector<std::pair<int, int>> kRanges{{1, 9},   {13, 30}, {32, 36},
                                               {38, 53}, {55, 55}, {57, 58}};

/// Item number to the files that the table in README.md names for it.
std::map<int, std::vector<std::string>> read_table() {
  std::map<int, std::vector<std::string>> table;
  std::ifstream readme(KEELVIP_CONFORMANCE_DIR "/README.md");
  const std::regex row(R"(^\| (\d+) \|.*)");
  const std::regex quoted("`([^`]+)`");
  for (std::string line; std::getline(readme, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) {
      continue;
    }
    std::vector<std::string>& files = table[std::stoi(match[1])];
    for (std::sregex_iterator it(line.begin(), line.end(), quoted), end; it != end; ++it) {
      files.push_back((*it)[1]);
    }
  }
  return table;
}

/// Whether the file says "conformance N" or "Item N", also among several numbers.
bool names_item(const std::string& path, int item) {
  std::ifstream file(KEELVIP_SOURCE_DIR "/" + path);
  const std::regex claim(R"((?:[Cc]onformance|Item) (\d+(?:, \d+)*))");
  for (std::string line; std::getline(file, line);) {
    for (std::sregex_iterator it(line.begin(), line.end(), claim), end; it != end; ++it) {
      std::istringstream numbers((*it)[1]);
      for (std::string number; std::getline(numbers, number, ',');) {
        if (std::stoi(number) == item) {
          return true;
        }
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
