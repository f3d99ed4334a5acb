#include <ostream>

#include <fmt/format.h>

#include "cmd/keelvip/commands.h"
#include "pkg/api/spec_set.h"
#include "pkg/specfile/validate.h"

namespace keelvip::cmd {

int validate(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err) {
  const auto [specs, unread] = specfile::validate_paths(paths);
  const std::vector<std::string> errors = specfile::describe_errors(specs);
  for (const std::string& error : errors) {
    err << error << "\n";
  }
  if (!errors.empty()) {
    err << fmt::format("{} error{} in {} document{}\n", errors.size(),
                       errors.size() == 1 ? "" : "s", specs.rejected.size(),
                       specs.rejected.size() == 1 ? "" : "s");
    // As long as something is unread the answer is not known, whatever is wrong beside it.
    return unread > 0 ? kEnvironment : kNo;
  }
  out << fmt::format("{} VirtualIP{} valid\n", specs.accepted.size(),
                     specs.accepted.size() == 1 ? " is" : "s are");
  return kOk;
}

}  // namespace keelvip::cmd
