// SpeakerReport: what the Speaker knows, as one value. Published at once when a role changes and
// about once a second for the counters; it carries totals, so a report that nobody read loses
// nothing. Counter names are those of RFC 8347 where it has one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

/// Counters of one virtual router; all only grow.
struct RouterStatistics {
  std::uint64_t advertisement_rcvd = 0;  // accepted ones
  std::uint64_t advertisement_sent = 0;
  std::uint64_t priority_zero_pkts_rcvd = 0;
  std::uint64_t priority_zero_pkts_sent = 0;
  std::uint64_t master_transitions = 0;  // times it became Active
  std::uint64_t interval_errors = 0;
  std::uint64_t invalid_type_pkts_rcvd = 0;
  std::uint64_t address_list_errors = 0;
  std::uint64_t packet_length_errors = 0;
  std::uint64_t invalid_auth_type = 0;
  std::uint64_t auth_type_mismatch = 0;
  std::uint64_t auth_failure = 0;
  std::uint64_t own_source = 0;     // our own address as sender: a loop or a duplicate address
  std::uint64_t bad_source = 0;     // a source that no router can have
  std::uint64_t cast_mismatch = 0;  // multicast expected, unicast received
  std::uint64_t checksum_form_message_only = 0;  // accepted v3/IPv4 adverts, by form
  std::uint64_t checksum_form_pseudo_header = 0;
  std::uint64_t inferior_while_active = 0;  // adverts of a lower priority heard as Active
  std::uint64_t announcements_sent = 0;     // ARP and NA frames

  friend bool operator==(const RouterStatistics&, const RouterStatistics&) = default;
};

/// Counters of what could not be given to one virtual router.
struct SpeakerStatistics {
  std::uint64_t packets_received = 0;
  std::uint64_t checksum_errors = 0;
  std::uint64_t version_errors = 0;
  std::uint64_t vrid_errors = 0;  // a virtual router that we do not take part in
  std::uint64_t ip_ttl_errors = 0;
  std::uint64_t incomplete_packets = 0;
  std::uint64_t truncated_packets = 0;

  friend bool operator==(const SpeakerStatistics&, const SpeakerStatistics&) = default;
};

/// What never reached the wire, or was lost on its way from it. The Speaker's thread counts it.
struct LinkLosses {
  std::uint64_t unsent_link_down = 0;   // frames
  std::uint64_t unsent_no_device = 0;   // the interface has gone
  std::uint64_t unsent_no_buffers = 0;  // a queue was full
  std::uint64_t unsent_too_large = 0;   // beyond the MTU
  std::uint64_t unsent_other = 0;
  std::uint64_t unread = 0;  // packets that came while the queue of a socket was full

  friend bool operator==(const LinkLosses&, const LinkLosses&) = default;
};

/// A router heard in our virtual router.
struct Peer {
  net::IpAddress address;
  Priority priority;
  base::Centiseconds advert_interval{};
  Version version = Version::kV3;
  base::Instant last_heard;
  bool addresses_differ = false;  // its last advert names others than ours; not if it resigned

  friend bool operator==(const Peer&, const Peer&) = default;
};

[[nodiscard]] inline bool same_sender(const Peer& a, const Peer& b) {
  return a.address == b.address;
}

/// A virtual router that we do not take part in, heard where we listen.
struct Stranger {
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  VirtualRouterId vrid;
  net::IpAddress source;         // of its last advert
  net::IpAddress first_address;  // of those that it advertises
  base::Centiseconds advert_interval{};
  base::Instant last_heard;

  friend bool operator==(const Stranger&, const Stranger&) = default;
};

[[nodiscard]] inline bool same_sender(const Stranger& a, const Stranger& b) {
  return a.interface == b.interface && a.family == b.family && a.vrid == b.vrid;
}

/// An advert for our virtual router that was not accepted.
struct RejectedAdvert {
  Rejection reason = Rejection::kTruncated;
  net::IpAddress source;
  base::Instant at;

  friend bool operator==(const RejectedAdvert&, const RejectedAdvert&) = default;
};

struct RouterReport {
  RouterId id;
  Role role = Role::kInitialize;
  base::Instant since;  // of the last change of role
  TransitionReason reason = TransitionReason::kNone;
  /// Not Active, but the addresses are still to answer: a successor is awaited, or has only just
  /// been heard.
  bool hands_over = false;
  /// Backup: the interval learned from the Active; Active: our own.
  base::Centiseconds active_advert_interval{};
  /// Backup under Delayed preemption: when it may begin to preempt; kNever when not waiting.
  base::Instant preempt_not_before = base::kNever;
  std::vector<Peer> peers;  // most recently heard first, bounded (kMaxPeers)
  std::optional<RejectedAdvert> last_rejected;
  RouterStatistics statistics;

  friend bool operator==(const RouterReport&, const RouterReport&) = default;
};

inline constexpr std::size_t kMaxPeers = 8;
inline constexpr std::size_t kMaxStrangers = 32;

/// How late the Speaker woke for its deadlines. Upper bounds in seconds as Prometheus wants them:
/// 50 us, 100 us, 250 us, 500 us, 1 ms, 2.5 ms, 5 ms, 10 ms, 100 ms, and the rest.
struct LatenessHistogram {
  static constexpr std::array<std::int64_t, 9> kBoundsNanoseconds{
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 100'000'000};
  std::array<std::uint64_t, kBoundsNanoseconds.size() + 1> buckets{};  // not cumulative
  base::Duration sum{};

  friend bool operator==(const LatenessHistogram&, const LatenessHistogram&) = default;
};

/// Where adverts cannot be heard at the moment, and why: a sentence without its end.
struct Unheard {
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;
  std::string reason;

  friend bool operator==(const Unheard&, const Unheard&) = default;
};

struct SpeakerReport {
  base::Instant made;                 // when the Speaker last did all that was due
  std::uint64_t config_revision = 0;  // the SpeakerConfig it speaks by
  std::vector<RouterReport> routers;  // sorted by id
  std::vector<Stranger> strangers;    // most recently heard first, at most kMaxStrangers
  SpeakerStatistics statistics;
  LatenessHistogram lateness;
  LinkLosses losses;
  /// The Speaker's thread fills it in, and lets no router stand for election there but an owner.
  std::vector<Unheard> unheard;

  friend bool operator==(const SpeakerReport&, const SpeakerReport&) = default;
};

}  // namespace keelvip::vrrp
