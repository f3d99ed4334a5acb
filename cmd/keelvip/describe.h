// `keelvip describe VIP`: all that an agent knows of one VIP, for people. Main thread.
#pragma once

#include <iosfwd>
#include <string>

#include "cmd/keelvip/client.h"
#include "pkg/api/node.h"
#include "pkg/base/time.h"

namespace keelvip::cmd {

struct DescribeOptions {
  std::string name;
  std::string endpoint = kDefaultEndpoint;
};

/// Exit code 0, 1 if there is no such VIP, 3 if the agent cannot be asked.
int describe(const DescribeOptions& options, std::ostream& out, std::ostream& err);

/// `vip` is one of the items of /status.
void print_description(const api::Node& vip, base::WallTime now, std::ostream& out);

}  // namespace keelvip::cmd
