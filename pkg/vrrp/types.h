// The vocabulary of VRRP as types, in the words of RFC 9568: roles, versions, identifiers and
// priorities that cannot hold what the wire cannot carry. Used by every layer above, on every
// thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace keelvip::vrrp {

enum class Version : std::uint8_t { kV2 = 2, kV3 = 3 };

/// The states of RFC 9568 section 6.3.
enum class Role : std::uint8_t { kInitialize, kBackup, kActive };

[[nodiscard]] constexpr std::string_view to_string(Role role) {
  switch (role) {
    case Role::kInitialize:
      return "Initialize";
    case Role::kBackup:
      return "Backup";
    case Role::kActive:
      break;
  }
  return "Active";
}

/// 1..255.
struct VirtualRouterId {
  std::uint8_t value = 0;

  friend auto operator<=>(const VirtualRouterId&, const VirtualRouterId&) = default;
};

/// 1..254; 255 is the address owner; 0 on the wire means that the Active resigns.
struct Priority {
  std::uint8_t value = 100;

  friend auto operator<=>(const Priority&, const Priority&) = default;
};

inline constexpr Priority kResign{0};
inline constexpr Priority kOwner{255};

/// Why a router last changed its role.
enum class TransitionReason : std::uint8_t {
  kNone,             // it never has
  kStarted,          // Startup event
  kStopped,          // Shutdown event: asked to stop, removed, or no longer able to take part
  kConfigExpired,    // the controller fell silent: resigned rather than advertise blind
  kNoResponse,       // the Active_Down_Timer ran out: nobody was heard
  kPeerResigned,     // the Active said priority 0
  kPreempted,        // took over from an Active of lower priority
  kHigherPriority,   // yielded to an advert of higher priority
  kHigherAddress,    // yielded to an equal priority from a higher address
  kPriorityLowered,  // resigned because its own priority was lowered
  kStalled,          // was away for so long that somebody else must have taken over
  kAddressOwner,     // owns the addresses: Active from the start
};

[[nodiscard]] constexpr std::string_view to_string(TransitionReason reason) {
  switch (reason) {
    case TransitionReason::kNone:
      return "None";
    case TransitionReason::kStarted:
      return "Started";
    case TransitionReason::kStopped:
      return "Stopped";
    case TransitionReason::kConfigExpired:
      return "ConfigExpired";
    case TransitionReason::kNoResponse:
      return "NoResponse";
    case TransitionReason::kPeerResigned:
      return "PeerResigned";
    case TransitionReason::kPreempted:
      return "Preempted";
    case TransitionReason::kHigherPriority:
      return "HigherPriority";
    case TransitionReason::kHigherAddress:
      return "HigherAddress";
    case TransitionReason::kPriorityLowered:
      return "PriorityLowered";
    case TransitionReason::kStalled:
      return "Stalled";
    case TransitionReason::kAddressOwner:
      break;
  }
  return "AddressOwner";
}

enum class PreemptionMode : std::uint8_t { kImmediate, kDelayed, kNever };

/// The forms of the VRRPv3 checksum over IPv4 that are in the field. RFC 9568 sums the message
/// alone; keepalived, FRR and others add a pseudo-header (their reading of RFC 5798).
enum class ChecksumForm : std::uint8_t { kMessageOnly, kPseudoHeader };
enum class ChecksumPolicy : std::uint8_t { kAuto, kMessageOnly, kPseudoHeader };

}  // namespace keelvip::vrrp
