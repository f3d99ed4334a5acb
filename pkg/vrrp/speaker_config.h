// SpeakerConfig: all that the Speaker shall do, as one value: the controller writes it, the Speaker
// adopts it, the newest wins. A router that is missing from it is shut down. Crosses from the
// controller's thread to the speaker's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/mac_address.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

/// The controller's number for one virtual router (one VIP in one family). Never reused for another
/// while the process lives; it survives changes of interface index and settings.
struct RouterId {
  std::uint32_t value = 0;

  friend auto operator<=>(const RouterId&, const RouterId&) = default;
};

struct Preemption {
  PreemptionMode mode = PreemptionMode::kImmediate;
  base::Duration delay{};  // kDelayed only

  friend bool operator==(const Preemption&, const Preemption&) = default;
};

/// The eight bytes of a VRRPv2 simple-text password, zero padded (RFC 2338 5.3.6).
using SimpleText = std::array<std::byte, 8>;

struct AnnounceSettings {
  std::uint32_t burst_count = 5;
  base::Duration burst_interval{};
  base::Duration second_burst_delay{};  // 0: none
  base::Duration refresh{};             // 0: none

  friend bool operator==(const AnnounceSettings&, const AnnounceSettings&) = default;
};

/// An address in the advert, in the order of the advert's list.
struct AdvertisedAddress {
  net::IpAddress address;
  /// Raised by the controller each time the kernel confirmed that the address is there. 0: it is
  /// not there. An Active router announces an address (ARP, NA) when this becomes another non-zero
  /// number than it was.
  std::uint32_t announce_generation = 0;

  friend bool operator==(const AdvertisedAddress&, const AdvertisedAddress&) = default;
};

/// Where implementations in the field disagree about what to accept or to answer. The defaults are
/// right for a LAN with keepalived, FRR and routers of other makes on it.
struct AcceptancePolicy {
  /// RFC 9568 wants IPv6 adverts to come from a link-local address and to name one first (erratum
  /// 8300). FRR and keepalived also send others, so that is only counted unless this is set.
  bool require_link_local = false;
  /// v2: refuse an advert whose addresses are not ours, unless its sender owns them (RFC 3768 7.1).
  bool require_same_addresses_v2 = false;
  /// Honour a resignation (priority 0) with an empty address list, as FRR sends one.
  bool empty_resignation = true;
  /// An owner processes adverts in v3 (erratum 8298) and ignores them in v2 (RFC 3768); true turns
  /// both round.
  bool invert_owner_listening = false;
  /// v3: an Active answers an inferior advert at once (RFC 9568 6.4.3).
  bool answer_inferior = true;

  friend bool operator==(const AcceptancePolicy&, const AcceptancePolicy&) = default;
};

struct RouterSettings {
  Version version = Version::kV3;
  net::Family family = net::Family::kIpv4;
  VirtualRouterId vrid;
  Priority priority;                       // in force: base plus what health made of it
  base::Centiseconds advert_interval{20};  // v3: 1..4095; v2: a multiple of 100
  Preemption preemption;
  std::optional<SimpleText> password;  // v2 only
  ChecksumPolicy checksum = ChecksumPolicy::kAuto;
  net::InterfaceIndex interface;
  net::IpAddress primary;  // source of our adverts: never a virtual address unless owner
  net::MacAddress mac;     // source of our frames
  AnnounceSettings announce;
  AcceptancePolicy acceptance;
  std::vector<AdvertisedAddress> addresses;  // 1..255, no address twice

  friend bool operator==(const RouterSettings&, const RouterSettings&) = default;
};

/// Whether two settings are of one virtual router on the wire, so that one can follow the other
/// without a change of role.
[[nodiscard]] inline bool same_virtual_router(const RouterSettings& a, const RouterSettings& b) {
  return a.version == b.version && a.family == b.family && a.vrid == b.vrid &&
         a.interface == b.interface;
}

struct RouterConfig {
  RouterId id;
  /// False: Initialize. Going from true to false is the Shutdown event (an Active resigns), back is
  /// Startup. Another version, family, VRID or interface is another virtual router: Shutdown, then
  /// Startup. Every other setting changes live, without a change of role.
  bool participate = false;
  /// What a Shutdown means to an Active: its addresses keep answering until the successor is heard,
  /// at most for hand_over_limit(). False: they go at once.
  bool hand_over = false;
  RouterSettings settings;
  /// Changes when the kernel may have forgotten that the group of VRRP was joined for it: then it
  /// must be joined anew.
  std::uint32_t group_losses = 0;

  friend bool operator==(const RouterConfig&, const RouterConfig&) = default;
};

struct SpeakerConfig {
  std::uint64_t revision = 0;
  /// Unless a newer config arrives before, the Speaker then resigns everything: a controller that
  /// hangs must not keep addresses that nobody watches.
  base::Instant expires = base::kNever;
  std::vector<RouterConfig> routers;  // sorted by id

  friend bool operator==(const SpeakerConfig&, const SpeakerConfig&) = default;
};

}  // namespace keelvip::vrrp
