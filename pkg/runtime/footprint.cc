#include "pkg/runtime/footprint.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pkg/runtime/unique_fd.h"

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

/// Hands each line to `take`. By hand, because streams would touch more of the standard library
/// than anything else that runs for long.
template <typename Take>
void read_lines(const char* path, Take take) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 8192> buffer{};
  std::size_t held = 0;
  for (ssize_t size = 0; held < buffer.size(); held += static_cast<std::size_t>(size)) {
    const std::string_view text(buffer.data(), held);
    const std::size_t end = text.rfind('\n') + 1;  // 0 if there is none
    for (std::size_t start = 0; start < end;) {
      const std::size_t length = text.find('\n', start) - start;
      take(text.substr(start, length));
      start += length + 1;
    }
    held -= end;
    std::memmove(buffer.data(), buffer.data() + end, held);
    size = ::read(file.get(), buffer.data() + held, buffer.size() - held);
    if (size <= 0) {
      return;
    }
  }
}

}  // namespace

void release_startup_pages() {
  ::malloc_trim(0);
  Mapping mapping;
  read_lines("/proc/self/smaps", [&mapping](std::string_view line) {
    if (Mapping next; parse_header(line, next)) {
      release(mapping);
      mapping = next;
    } else if (line.starts_with("Anonymous:") && line.find(" 0 kB") == std::string_view::npos) {
      // Relocated constants look read-only by now, but their pages are ours alone.
      mapping.clean_file = false;
    }
  });
  release(mapping);
}

}  // namespace keelvip::runtime
