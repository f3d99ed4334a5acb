// `keelvip get [VIP]`: the VIPs as an agent sees them. Main thread.
#pragma once

#include <iosfwd>
#include <string>

#include "cmd/keelvip/client.h"
#include "pkg/api/node.h"
#include "pkg/base/time.h"

namespace keelvip::cmd {

struct GetOptions {
  std::string name;              // empty: all
  std::string output = "table";  // "table", "wide", "yaml" or "json"
  std::string endpoint = kDefaultEndpoint;
};

/// Exit code 0, 1 if there is no such VIP, 3 if the agent cannot be asked.
int get(const GetOptions& options, std::ostream& out, std::ostream& err);

/// The table of the objects in `status`, an answer of /status; of the one called `name` unless that
/// is empty.
void print_vips(const api::Node& status, const std::string& name, bool wide, base::WallTime now,
                std::ostream& out);

}  // namespace keelvip::cmd
