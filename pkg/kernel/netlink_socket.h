// NetlinkSocket: one AF_NETLINK route socket: bytes out, messages in, batched. It only believes the
// kernel: datagrams from another process are dropped. Kernel listens on one, RequestChannel asks on
// another. Kernel thread; one socket, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::kernel {

/// One message with its netlink header; valid during the callback.
struct Message {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::span<const std::byte> bytes;
};

/// Calls `visit` for each whole message of `datagram`, which is aligned as a message is.
void visit_messages(std::span<const std::byte> datagram,
                    const std::function<void(const Message&)>& visit);

class NetlinkSocket {
 public:
  enum class Blocking : std::uint8_t { kNo, kYes };

  struct Received {
    std::size_t datagrams = 0;  // 0: nothing was waiting, or not within the time limit
    bool overrun = false;       // notifications were lost: read everything again
  };

  /// `receive_buffer` in bytes (the kernel doubles it); beyond net.core.rmem_max only with
  /// CAP_NET_ADMIN, silently less without.
  static base::Result<NetlinkSocket> open(int receive_buffer);

  NetlinkSocket(NetlinkSocket&&) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&&) noexcept;
  ~NetlinkSocket();

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// `group` is an RTNLGRP_ number.
  base::Result<void> subscribe(int group);

  /// Hands one or more whole requests to the kernel, which carries them out before this returns.
  base::Result<void> send(std::span<const std::byte> requests);

  /// Receives one batch and calls `visit` for each message. kYes waits up to 5 s for the first.
  base::Result<Received> receive(Blocking blocking,
                                 const std::function<void(const Message&)>& visit);

 private:
  struct Buffers;

  explicit NetlinkSocket(runtime::UniqueFd fd);

  runtime::UniqueFd fd_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace keelvip::kernel
