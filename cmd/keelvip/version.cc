#include <ostream>

#include <fmt/format.h>

#include "cmd/keelvip/commands.h"
#include "version.h"

namespace keelvip::cmd {

std::string version_line() {
  return fmt::format("keelvip {} (commit {}, {})", kVersion, kCommit, kCompiler);
}

int version(std::ostream& out) {
  out << version_line() << '\n';
  return kOk;
}

}  // namespace keelvip::cmd
