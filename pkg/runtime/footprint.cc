#include "pkg/runtime/footprint.h"

#include <malloc.h>
#include <sys/mman.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace keelvip::runtime {
namespace {

struct Mapping {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  bool clean_file = false;  // backed by a file, read-only, and nothing of it was written so far
};

/// Reads "START-END PERMS OFFSET DEVICE INODE PATH"; false for any other line of smaps.
bool parse_header(std::string_view line, Mapping& mapping) {
  const char* end = line.data() + line.size();
  const auto [dash, start_error] = std::from_chars(line.data(), end, mapping.start, 16);
  if (start_error != std::errc{} || dash == end || *dash != '-') {
    return false;
  }
  const auto [space, end_error] = std::from_chars(dash + 1, end, mapping.end, 16);
  if (end_error != std::errc{} || end - space < 5) {
    return false;
  }
  const std::string_view permissions(space + 1, 4);
  mapping.clean_file = permissions[0] == 'r' && permissions[1] == '-' && permissions[3] == 'p' &&
                       line.find(" /") != std::string_view::npos;
  return true;
}

void release(const Mapping& mapping) {
  if (mapping.clean_file) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel names mappings by number.
    ::madvise(reinterpret_cast<void*>(mapping.start), mapping.end - mapping.start, MADV_DONTNEED);
  }
}

}  // namespace

void release_startup_pages() {
  ::malloc_trim(0);
  std::ifstream smaps("/proc/self/smaps");
  Mapping mapping;
  for (std::string line; std::getline(smaps, line);) {
    if (Mapping next; parse_header(line, next)) {
      release(mapping);
      mapping = next;
    } else if (line.starts_with("Anonymous:") && line.find(" 0 kB") == std::string::npos) {
      // Relocated constants look read-only by now, but their pages are ours alone.
      mapping.clean_file = false;
    }
  }
  release(mapping);
}

}  // namespace keelvip::runtime
