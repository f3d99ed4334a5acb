#include "pkg/kernel/owner_mark.h"

#include <charconv>
#include <memory>
#include <utility>

namespace keelvip::kernel {

namespace {

// IFNAMSIZ without the terminating zero.
constexpr std::size_t kMaxLabel = 15;

std::pair<int, int> parse_release(std::string_view release) {
  int major = 0;
  int minor = 0;
  const char* begin = std::to_address(release.begin());
  const char* end = std::to_address(release.end());
  const auto first = std::from_chars(begin, end, major);
  if (first.ptr != end && *first.ptr == '.') {
    std::from_chars(first.ptr + 1, end, minor);
  }
  return {major, minor};
}

}  // namespace

OwnerMark choose_owner_mark(bool protocol_seen, std::string_view release) {
  const bool supported = protocol_seen || parse_release(release) >= std::pair(5, 18);
  return supported ? OwnerMark::kProtocol : OwnerMark::kLabel;
}

std::string owner_label(std::string_view interface_name) {
  std::string label = std::string(interface_name) + ":kv";
  return label.size() <= kMaxLabel ? label : std::string();
}

}  // namespace keelvip::kernel
