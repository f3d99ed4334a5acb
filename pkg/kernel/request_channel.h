// RequestChannel: asks the kernel and waits for the answers: many requests in one call, each with
// its acknowledgement, or one dump. Internal to `kernel`; its thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/kernel/acknowledgement.h"
#include "pkg/kernel/netlink_socket.h"

namespace keelvip::kernel {

class RequestChannel {
 public:
  static base::Result<RequestChannel> open();

  /// Takes `count` consecutive sequence numbers and returns the first.
  std::uint32_t take_sequences(std::size_t count);

  /// Sends `requests`, which bear `count` sequence numbers from `first` on, and returns the answer
  /// to each; nullopt where none came. Errors: kRetry if they could not be sent.
  base::Result<std::vector<std::optional<Acknowledgement>>> exchange(
      std::span<const std::byte> requests, std::uint32_t first, std::size_t count);

  /// Sends a dump request and calls `visit` for each entry. False: the kernel's tables changed
  /// meanwhile, so entries may be missing or double (NLM_F_DUMP_INTR). Errors: kResync.
  base::Result<bool> dump(std::span<const std::byte> request, std::uint32_t sequence,
                          const std::function<void(const Message&)>& visit);

 private:
  explicit RequestChannel(NetlinkSocket socket) : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
  std::uint32_t next_sequence_ = 1;
};

}  // namespace keelvip::kernel
