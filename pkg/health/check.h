// The words of health checking: what to run, and what came out. reconcile turns specs into
// CheckSpecs and folds CheckResults into verdicts; probe runs the checks. Values that the
// controller's thread and the probe thread exchange.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pkg/base/time.h"

namespace keelvip::health {

/// A check of one VIP, by the names a user gave them.
struct CheckId {
  std::string vip;
  std::string check;

  friend auto operator<=>(const CheckId&, const CheckId&) = default;
};

struct HttpProbe {
  bool tls = false;  // certificates are not verified: as a Kubernetes probe, it asks for life only
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;

  friend bool operator==(const HttpProbe&, const HttpProbe&) = default;
};

struct TcpProbe {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const TcpProbe&, const TcpProbe&) = default;
};

struct ExecProbe {
  std::vector<std::string> command;
  std::string user;  // the account it runs as

  friend bool operator==(const ExecProbe&, const ExecProbe&) = default;
};

struct CheckSpec {
  CheckId id;
  std::variant<HttpProbe, TcpProbe, ExecProbe> probe;
  base::Duration period{};   // from start to start
  base::Duration timeout{};  // hard, for the whole attempt
  /// Another number when another question is asked under the same id (see roster.h); results bring
  /// it back, so that an answer to the older question is not taken for one to the newer.
  std::uint64_t revision = 0;

  friend bool operator==(const CheckSpec&, const CheckSpec&) = default;
};

/// One attempt that has ended.
struct CheckResult {
  CheckId id;
  bool success = false;
  std::string
      reason;  // for people: "HTTP 200", "exit status 3: lag 40 s", "timed out after 1 s, ..."
  base::Duration took{};
  base::Instant ended;
  std::uint64_t revision = 0;  // of the CheckSpec that was run

  friend bool operator==(const CheckResult&, const CheckResult&) = default;
};

}  // namespace keelvip::health
