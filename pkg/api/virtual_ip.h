// VirtualIp: one accepted `VirtualIP` document with every default filled in. It cannot be wrong:
// the decoder refused what is, so nobody validates it again. Values; made at the edge, read by the
// controller.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pkg/api/origin.h"
#include "pkg/api/secret.h"
#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/prefix.h"

namespace keelvip::api {

inline constexpr const char* kApiVersion = "keelvip.io/v1alpha1";
inline constexpr const char* kKind = "VirtualIP";

struct Metadata {
  std::string name;  // DNS-1123 subdomain
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::int64_t generation = 1;  // given by Kubernetes, or counted by the spec directory's reader

  friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct NodePriority {
  std::string name;
  std::uint8_t priority = 100;  // 1..255

  friend bool operator==(const NodePriority&, const NodePriority&) = default;
};

struct Preemption {
  enum class Mode : std::uint8_t { kImmediate, kDelayed, kNever };
  Mode mode = Mode::kImmediate;
  base::Duration delay{};  // Delayed only: 1 s..1000 s

  friend bool operator==(const Preemption&, const Preemption&) = default;
};

/// VRRPv2 simple text. A password file has been read by the edge that read the document.
struct Authentication {
  Secret password;            // 1..8 bytes
  std::string password_file;  // where it came from; empty when it stood in the document

  friend bool operator==(const Authentication&, const Authentication&) = default;
};

/// Which of the IPv4 checksum forms of VRRPv3 to send (RFC 9568 5.2.8); all are accepted on receipt
/// unless one is named.
enum class ChecksumIpv4 : std::uint8_t { kAuto, kRfc9568, kPseudoHeader };

/// Gratuitous ARP and unsolicited NA on becoming Active.
struct Announce {
  std::uint32_t burst_count = 5;                           // frames per address and burst, 1..100
  base::Duration burst_interval = base::Milliseconds{20};  // 0..1 s, between its frames
  base::Duration second_burst_delay = base::Milliseconds{5000};  // 0: no second burst; up to 300 s
  base::Duration refresh = base::Milliseconds{60'000};  // 0: no refresh while Active; up to a day

  friend bool operator==(const Announce&, const Announce&) = default;
};

/// For how long the addresses outlive an agent that does not renew them.
struct Lease {
  base::Duration duration = base::Milliseconds{3000};  // whole seconds, up to a day; 0: for ever

  friend bool operator==(const Lease&, const Lease&) = default;
};

struct HttpGet {
  enum class Scheme : std::uint8_t { kHttp, kHttps };
  Scheme scheme = Scheme::kHttp;
  std::string host = "127.0.0.1";  // where to connect to
  std::uint16_t port = 80;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;

  friend bool operator==(const HttpGet&, const HttpGet&) = default;
};

struct TcpSocket {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;

  friend bool operator==(const TcpSocket&, const TcpSocket&) = default;
};

struct Exec {
  std::vector<std::string> command;  // at least one word; no shell
  std::string user = "nobody";

  friend bool operator==(const Exec&, const Exec&) = default;
};

struct OnFailure {
  enum class Action : std::uint8_t { kWithdraw, kLowerPriority };
  Action action = Action::kWithdraw;
  std::uint8_t by = 0;  // LowerPriority only: 1..253

  friend bool operator==(const OnFailure&, const OnFailure&) = default;
};

struct HealthCheck {
  std::string name;  // unique within the VIP
  std::variant<HttpGet, TcpSocket, Exec> probe;
  base::Duration period = base::Milliseconds{1000};
  base::Duration timeout = base::Milliseconds{1000};
  std::uint32_t success_threshold = 2;
  std::uint32_t failure_threshold = 2;
  OnFailure on_failure;

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

struct Spec {
  std::vector<net::Prefix> addresses;  // 1.., no address twice; link-local first among IPv6
  /// Empty: the one whose subnet holds the first address that is not link-local (there is one
  /// then).
  std::string interface;
  std::uint8_t virtual_router_id = 0;      // 1..255
  std::uint8_t vrrp_version = 3;           // 2 or 3
  base::Centiseconds advert_interval{20};  // v3: 1..4095 cs; v2: whole seconds, 1..255
  std::uint8_t priority = 100;             // 1..255
  /// Unset: every node may hold it. Set: only these, with these priorities.
  std::optional<std::vector<NodePriority>> nodes;
  Preemption preemption;
  std::optional<Authentication> authentication;
  ChecksumIpv4 checksum_ipv4 = ChecksumIpv4::kAuto;
  Announce announce;
  Lease lease;
  std::vector<HealthCheck> health_checks;

  friend bool operator==(const Spec&, const Spec&) = default;
};

struct VirtualIp {
  Metadata metadata;
  Spec spec;
  Origin origin{};

  friend bool operator==(const VirtualIp&, const VirtualIp&) = default;
};

}  // namespace keelvip::api
