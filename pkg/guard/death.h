// Death: how and when a worker ended, as the guard saw it and as its successor tells it. The guard
// describes it into memory that it already has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::guard {

struct Death {
  int wait_status = 0;  // as waitpid(2) gives it
  base::WallTime at;
};

inline constexpr std::size_t kDeathWords = 48;

/// "killed by SIGKILL" or "exit code 1". The text lies in `out`; allocates nothing.
[[nodiscard]] std::string_view describe(const Death& death, std::span<char, kDeathWords> out);

[[nodiscard]] std::string describe(const Death& death);

}  // namespace keelvip::guard
