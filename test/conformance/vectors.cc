#include "vectors.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "pkg/base/check.h"

namespace keelvip::conformance {
namespace {

std::string trim(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  const auto end = text.find_last_not_of(' ');
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '|');) {
    fields.push_back(trim(field));
  }
  return fields;
}

std::vector<Vector> read() {
  std::ifstream file(KEELVIP_CONFORMANCE_DIR "/vectors.txt");
  std::vector<Vector> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::vector<std::string> fields = split(line);
    KEELVIP_CHECK(fields.size() == 5);
    const std::string ethernet = fields[3] == "-" ? "" : fields[3];
    all.push_back({fields[0], fields[1], fields[2], bytes_from_hex(ethernet + fields[4])});
  }
  KEELVIP_CHECK(!all.empty());
  return all;
}

}  // namespace

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> kAll = read();
  return kAll;
}

const Vector* find_vector(std::string_view id) {
  const auto found = std::ranges::find(vectors(), id, &Vector::id);
  return found == vectors().end() ? nullptr : &*found;
}

std::vector<std::byte> bytes_from_hex(std::string_view text) {
  KEELVIP_CHECK(text.size() % 2 == 0);
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const char* end = text.data() + i + 2;
    KEELVIP_CHECK(std::from_chars(text.data() + i, end, value, 16).ptr == end);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

}  // namespace keelvip::conformance
