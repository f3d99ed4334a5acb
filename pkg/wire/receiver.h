// Receiver: VRRP packets from the network, nothing understood. It reads the sockets that Listeners
// have opened. Made anywhere, then used by the speaker thread alone, which waits for fd(); never
// blocks; no allocation in steady state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/net/packet.h"
#include "pkg/runtime/unique_fd.h"
#include "pkg/wire/listeners.h"

namespace keelvip::wire {

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

  /// From now on reads these sockets, which stay open until the next call has returned, and no
  /// others. Those that were read before go on without a gap. Returns those that cannot be waited
  /// for now (kRetry).
  [[nodiscard]] std::vector<ListenFailure> use(std::span<const GroupSocket> sockets);

  /// Delivers at most about `budget` waiting packets and returns how many; fewer than `budget`
  /// means that all sockets were empty.
  std::size_t receive(std::size_t budget, const Sink& sink);

  [[nodiscard]] const ReceiveCounters& counters() const { return counters_; }

 private:
  struct Listener;
  struct Buffers;

  explicit Receiver(runtime::UniqueFd epoll);

  std::size_t receive_from(Listener& listener, std::size_t limit, const Sink& sink);
  void deliver(Listener& listener, std::size_t index, const Sink& sink);

  runtime::UniqueFd epoll_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // in the order of use()
  std::unique_ptr<Buffers> buffers_;
  ReceiveCounters counters_;
};

}  // namespace keelvip::wire
