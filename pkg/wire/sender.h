// Sender: Ethernet frames to the network, nothing understood, many in one call. One packet socket
// for all interfaces. Made anywhere, then used by the speaker thread alone; no allocation in steady
// state, never blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pkg/base/result.h"
#include "pkg/net/packet.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::wire {

/// Frames by what became of them.
struct SendCounters {
  std::uint64_t sent = 0;
  std::uint64_t link_down = 0;   // ENETDOWN
  std::uint64_t no_device = 0;   // ENXIO, ENODEV: the interface index is gone
  std::uint64_t no_buffers = 0;  // ENOBUFS, EAGAIN: a queue was full
  std::uint64_t too_large = 0;   // EMSGSIZE: beyond the interface's MTU
  std::uint64_t other = 0;

  friend bool operator==(const SendCounters&, const SendCounters&) = default;
};

class Sender {
 public:
  /// In the network namespace of the calling thread. Errors: kReport without CAP_NET_RAW, kRetry.
  static base::Result<Sender> open();

  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();

  /// Sends every frame, in order; one that fails does not stop the next. Returns an errno value
  /// per frame, 0 for sent; valid until the next call. Sent means handed to the device: without a
  /// carrier it is lost silently.
  std::span<const int> send(const net::FrameBatch& frames);

  [[nodiscard]] const SendCounters& counters() const { return counters_; }

 private:
  struct Messages;

  explicit Sender(runtime::UniqueFd fd);

  void count(int error);

  runtime::UniqueFd fd_;
  std::unique_ptr<Messages> messages_;
  SendCounters counters_;
};

}  // namespace keelvip::wire
