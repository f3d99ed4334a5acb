#include "pkg/guard/death.h"

#include <sys/wait.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace keelvip::guard {

std::string_view describe(const Death& death, std::span<char, kDeathWords> out) {
  const auto text = [&](const auto& written) {
    return std::string_view(out.data(), std::min(written.size, out.size()));
  };
  if (WIFEXITED(death.wait_status)) {
    return text(
        fmt::format_to_n(out.data(), out.size(), "exit code {}", WEXITSTATUS(death.wait_status)));
  }
  const int signal = WTERMSIG(death.wait_status);
  if (const char* name = ::sigabbrev_np(signal); name != nullptr) {
    return text(fmt::format_to_n(out.data(), out.size(), "killed by SIG{}", name));
  }
  return text(fmt::format_to_n(out.data(), out.size(), "killed by signal {}", signal));
}

std::string describe(const Death& death) {
  std::array<char, kDeathWords> words{};
  return std::string(describe(death, words));
}

}  // namespace keelvip::guard
