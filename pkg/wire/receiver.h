// Receiver: VRRP packets from the network, nothing understood. One raw socket per interface and
// family, so that a flood on one cannot crowd out another. Made anywhere, then used by the speaker
// thread alone, which waits for fd(); no allocation in steady state.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/net/family.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/packet.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::wire {

/// Where to listen: the VRRP group of `family` (224.0.0.18 or ff02::12) on one interface.
struct ListenTarget {
  net::InterfaceIndex interface;
  net::Family family = net::Family::kIpv4;

  friend auto operator<=>(const ListenTarget&, const ListenTarget&) = default;
};

/// Why nothing is heard there. kRetry: the interface is absent or has no IPv6 at the moment.
/// kReport: this process may not (CAP_NET_RAW).
struct ListenFailure {
  ListenTarget target;
  base::Error error;
};

struct ReceiveCounters {
  std::uint64_t packets = 0;    // delivered
  std::uint64_t truncated = 0;  // of these, cut to the size of the buffer
  std::uint64_t overflows = 0;  // dropped by the kernel because a queue was full
  std::uint64_t errors = 0;     // failed calls

  friend bool operator==(const ReceiveCounters&, const ReceiveCounters&) = default;
};

class Receiver {
 public:
  /// The packet's bytes are valid during the call. It must not call the Receiver.
  using Sink = std::function<void(const net::ReceivedPacket&)>;

  /// Errors: kReport.
  static base::Result<Receiver> open();

  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

  /// Readable when a packet waits (an epoll descriptor).
  [[nodiscard]] int fd() const { return epoll_.get(); }

  /// Makes the sockets be those of `targets` (any order, duplicates count once): opens what is
  /// missing, also what failed before, closes what is surplus, keeps the rest. In the network
  /// namespace of the calling thread. Returns the targets that cannot be listened to now.
  [[nodiscard]] std::vector<ListenFailure> listen(std::span<const ListenTarget> targets);

  /// Leaves the group and joins it again, for a link that came back: IPv6 forgets memberships when
  /// the MTU was below 1280, and a switch that snoops must be told anew. A target that is not
  /// listened to is left alone; one that fails is tried again by listen().
  base::Result<void> refresh(const ListenTarget& target);

  /// Delivers at most about `budget` waiting packets and returns how many; fewer than `budget`
  /// means that all sockets were empty.
  std::size_t receive(std::size_t budget, const Sink& sink);

  [[nodiscard]] const ReceiveCounters& counters() const { return counters_; }

 private:
  struct Listener;
  struct Buffers;

  explicit Receiver(runtime::UniqueFd epoll);

  base::Result<void> start(Listener& listener);
  std::size_t receive_from(Listener& listener, std::size_t limit, const Sink& sink);
  void deliver(Listener& listener, std::size_t index, const Sink& sink);

  runtime::UniqueFd epoll_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // sorted by target
  std::unique_ptr<Buffers> buffers_;
  ReceiveCounters counters_;
};

}  // namespace keelvip::wire
