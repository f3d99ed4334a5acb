#include <ostream>

#include "cmd/keelvip/commands.h"
#include "version.h"

namespace keelvip::cmd {

int version(std::ostream& out) {
  out << "keelvip " << kVersion << " (commit " << kCommit << ", " << kCompiler << ")\n";
  return kOk;
}

}  // namespace keelvip::cmd
