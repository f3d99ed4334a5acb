// Announcer: tells the LAN where the addresses of one Active router are: gratuitous ARP and
// unsolicited NA (RFC 9568 6.4.2), in a burst when the kernel has confirmed an address, a second
// one some seconds later (a switch port may still have been blocked), then every refresh, and
// beside adverts as far as the Speaker's budget goes. An Announcer that is not started has nothing
// to say. Driven by the Speaker; allocates in configure() only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/packet.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::vrrp {

class Announcer {
 public:
  /// Settings to work by, at first and whenever they changed. While started: an address that was
  /// confirmed anew is to be announced, and all of them if the MAC address is another.
  void configure(const RouterSettings& settings, base::Instant now);

  /// The router became Active.
  void start();
  /// It no longer is: whatever was still to be announced is not.
  void stop();
  /// Hosts may have learned something else: a burst for every address.
  void repeat(base::Instant now);

  /// Whether some address was never announced since it was confirmed: such ones go first, among all
  /// routers of the node.
  [[nodiscard]] bool has_first() const { return first_ > 0; }
  /// When the next repetition is due; kNever when none is.
  [[nodiscard]] base::Instant deadline() const { return deadline_; }

  /// Each appends at most `limit` frames and returns their number.
  std::size_t send_first(base::Instant now, std::size_t limit, net::FrameBatch& frames);
  std::size_t send_due(base::Instant now, std::size_t limit, net::FrameBatch& frames);

  /// An advert leaves: announces every address once beside it, unless that was done within `gap`.
  /// Returns the number of frames.
  std::size_t accompany(base::Instant now, base::Duration gap, net::FrameBatch& frames);

 private:
  struct Entry {
    net::IpAddress address;
    std::uint32_t generation = 0;  // as last configured; 0: the address is not there
    std::uint32_t remaining = 0;   // frames of the burst, the one at `next` included
    bool first = false;            // never announced
    bool second_burst = false;     // still to come
    base::Instant burst_begin;
    base::Instant next = base::kNever;
  };

  void begin(Entry& entry, base::Instant now);
  void rest(Entry& entry);
  void sent(Entry& entry, base::Instant scheduled, base::Instant now);
  void send(const Entry& entry, net::FrameBatch& frames) const;
  void find_deadline();

  bool started_ = false;
  AnnounceSettings settings_;
  net::InterfaceIndex interface_;
  net::MacAddress mac_;
  std::vector<Entry> entries_;
  std::size_t first_ = 0;  // entries that were never announced
  base::Instant deadline_ = base::kNever;
  base::Instant accompanied_ = base::Instant::min();
};

}  // namespace keelvip::vrrp
