// Speaker: many virtual routers, from bytes to bytes. Fed with packets and with time, it fills a
// batch of frames to send and reports its roles; it has no clock, no socket and no thread. Driven
// by the speaker thread and by the simulator in the same way:
//
//   adopt(config) when there is a new one, receive(packet) for EVERY packet that is waiting, then
//   advance(now), send frames() and clear them, publish a report when role_changes() moved or a
//   second has passed, sleep until next_deadline().
//
// Waiting packets must come before advance(): otherwise a stall of this process, in which the
// Active's adverts queued up, would look like its death.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/packet.h"
#include "pkg/vrrp/deadline_heap.h"
#include "pkg/vrrp/recently_heard.h"
#include "pkg/vrrp/router.h"
#include "pkg/vrrp/router_index.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::vrrp {

class Speaker {
 public:
  /// ARP and NA frames in one advance() at most; the rest is due at once, but after the adverts and
  /// packets that came meanwhile.
  static constexpr std::size_t kAnnouncementsPerTurn = 256;

  /// Periodic adverts are sent up to this much early, or a hundredth of their interval if that is
  /// less, to share a system call with one that is due.
  static constexpr base::Duration kBatchWindow = std::chrono::milliseconds(1);

  /// Beside periodic adverts the addresses are announced again, by all routers together at most
  /// one address in this time: so a host that learned another MAC address during a split comes
  /// back with the first advert that crosses the healed LAN, although the loser may yield in
  /// silence and the winner never hear of it. With few addresses, each advert has company.
  static constexpr base::Duration kAnnouncementPace = std::chrono::milliseconds(50);

  /// Routers that are gone or no longer take part resign; new ones start; what did not change is
  /// not touched. `config.routers` is sorted by id, without duplicates.
  void adopt(const SpeakerConfig& config, base::Instant now);

  /// `packet.bytes` is not needed after the call. Does not allocate.
  void receive(const net::ReceivedPacket& packet, base::Instant now);

  /// Does all that is due. Allocates only while frames() grows to its usual size.
  void advance(base::Instant now);

  /// When to call advance() next; not later than `now` if there is more to do at once.
  [[nodiscard]] base::Instant next_deadline() const;

  /// To be sent in order, then cleared.
  [[nodiscard]] net::FrameBatch& frames() { return frames_; }

  /// Grows with every change of a role, and as a hand-over begins and ends.
  [[nodiscard]] std::uint64_t role_changes() const { return role_changes_; }

  /// Appends what is to be said should this process die now: the resignation of every Active
  /// router.
  void last_words(net::FrameBatch& out) const;
  /// Grows whenever last_words() may have changed.
  [[nodiscard]] std::uint64_t last_words_changes() const { return role_changes_ + rewordings_; }

  /// Overwrites `out`, whose capacity is reused.
  void report(SpeakerReport& out) const;

 private:
  void restructure(const SpeakerConfig& config, base::Instant now);
  void rebuild_index();
  void reconfigure(std::uint32_t index, const RouterConfig& config, base::Instant now);
  void start_if_able(std::uint32_t index, base::Instant now);
  void expire(base::Instant now);

  void dispatch(std::uint32_t index, const Event& event, base::Instant now);
  void schedule(std::uint32_t index, base::Instant now);
  void meet(const Advertisement& advert, net::InterfaceIndex interface, base::Instant now);
  void reject(Rejection rejection, Router* router, const net::ReceivedPacket& packet,
              base::Instant now);

  void record_lateness(base::Instant now);
  void take_over(base::Instant now);
  void advertise(base::Instant now);
  void announce(base::Instant now);
  void count_active_addresses();

  std::uint64_t config_revision_ = 0;
  base::Instant expires_ = base::kNever;
  bool expired_ = false;
  std::vector<std::unique_ptr<Router>> routers_;  // sorted by id; heaps and index count in it
  RouterIndex index_;
  bool index_stale_ = false;

  DeadlineHeap adverts_;   // Adver_Timer of each Active
  DeadlineHeap takeover_;  // Active_Down_Timer of each Backup, and the end of each hand-over
  DeadlineHeap repeats_;   // next announcement of what was announced before
  std::vector<std::uint32_t> first_announcements_;  // routers that have some, oldest first
  std::vector<bool> awaits_first_;                  // whether a router is in there
  base::Instant first_announcements_since_ = base::kNever;
  std::size_t active_addresses_ = 0;  // of the routers that are Active

  net::FrameBatch frames_;
  std::uint64_t role_changes_ = 0;
  base::Instant advanced_;
  std::uint64_t rewordings_ = 0;  // of adverts, other than by a change of role
  RecentlyHeard<Stranger, kMaxStrangers> strangers_;
  SpeakerStatistics statistics_;
  LatenessHistogram lateness_;
};

}  // namespace keelvip::vrrp
