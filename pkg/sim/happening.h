// Happening: something that took place in a simulation, as whoever watches it is told: the checkers
// of test/sim, the trace of a seed, `keelvip simulate`. A watcher sees the world's own truth, not
// what some agent believes. Spans and pointers are valid until the world's next step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "pkg/base/time.h"
#include "pkg/net/address_step.h"
#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"
#include "pkg/net/prefix.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/types.h"

namespace keelvip::sim {

/// A frame left a Speaker, by an interface that could send it.
struct FrameSent {
  std::size_t segment = 0;
  std::span<const std::byte> frame;  // from the Ethernet header on
};

/// A Speaker was handed a packet at `local`, its own time.
struct PacketHeard {
  base::Instant local;
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  std::span<const std::byte> packet;  // as net::ReceivedPacket has it
  net::IpAddress source;
  bool genuine = true;  // as a Speaker sent it, not made up or damaged on the way
};

struct RoleChanged {
  base::Instant local;
  vrrp::RouterId id;
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  vrrp::VirtualRouterId vrid;
  vrrp::Role from = vrrp::Role::kInitialize;
  vrrp::Role to = vrrp::Role::kInitialize;
  vrrp::TransitionReason reason = vrrp::TransitionReason::kNone;
};

/// A router that is not Active (any more) keeps its addresses for its successor's sake, or no
/// longer.
struct HandOverChanged {
  base::Instant local;
  net::Family family = net::Family::kIpv4;
  vrrp::VirtualRouterId vrid;
  bool begins = false;
};

/// A Speaker took over a config at `local`.
struct ConfigAdopted {
  base::Instant local;
  const vrrp::SpeakerConfig* config = nullptr;
};

struct AddressChanged {
  net::InterfaceIndex interface;
  net::Prefix prefix;
  bool present = false;
  bool ours = false;
};

/// The host kernel was asked for a step; `foreign`: the address was there and somebody else's.
struct StepTried {
  net::AddressStep step;
  bool foreign = false;
  bool worked = false;
};

enum class Life : std::uint8_t { kStarted, kCrashed, kExited, kPaused, kResumed };
struct LifeChanged {
  Life life = Life::kStarted;
  base::Instant local;
};

struct LinkChanged {
  net::InterfaceIndex interface;
  bool present = false;
  bool operational = false;
};

/// A host on the LAN learned from an ARP or NA frame where an address is.
struct NeighborLearned {
  std::size_t segment = 0;
  net::IpAddress address;
  net::MacAddress mac;
};

using Fact = std::variant<FrameSent, PacketHeard, RoleChanged, HandOverChanged, ConfigAdopted,
                          AddressChanged, StepTried, LifeChanged, LinkChanged, NeighborLearned>;

struct Happening {
  base::Instant at;      // the world's time
  std::size_t node = 0;  // where
  Fact fact;
};

/// One line, without the end of the line, such as "12.345678 node 1: vrid 51 Backup -> Active
/// (NoResponse)".
[[nodiscard]] std::string print(const Happening& happening);

}  // namespace keelvip::sim
