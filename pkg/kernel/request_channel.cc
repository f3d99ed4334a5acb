#include "pkg/kernel/request_channel.h"

#include <utility>

#include <linux/netlink.h>

namespace keelvip::kernel {

namespace {

// Room for the answers to one exchange many times over; dumps wait for us, they do not overflow.
constexpr int kReceiveBuffer = 1024 * 1024;

}  // namespace

base::Result<RequestChannel> RequestChannel::open() {
  auto socket = NetlinkSocket::open(kReceiveBuffer);
  if (!socket) {
    return base::unexpected(socket.error());
  }
  return RequestChannel(std::move(*socket));
}

std::uint32_t RequestChannel::take_sequences(std::size_t count) {
  return std::exchange(next_sequence_, next_sequence_ + static_cast<std::uint32_t>(count));
}

base::Result<std::vector<std::optional<Acknowledgement>>> RequestChannel::exchange(
    std::span<const std::byte> requests, std::uint32_t first, std::size_t count) {
  if (auto sent = socket_.send(requests); !sent) {
    return base::unexpected(sent.error());
  }
  std::vector<std::optional<Acknowledgement>> answers(count);
  std::size_t missing = count;
  const auto take = [&](const Message& message) {
    const std::uint32_t index = message.sequence - first;  // wraps like the numbers themselves
    if (message.type != NLMSG_ERROR || index >= count || answers[index]) {
      return;  // late news of an earlier exchange
    }
    answers[index] = parse_acknowledgement(message.bytes);
    missing -= answers[index] ? 1U : 0U;
  };
  while (missing > 0) {
    const auto received = socket_.receive(NetlinkSocket::Blocking::kYes, take);
    if (!received || received->datagrams == 0 || received->overrun) {
      break;  // what is still missing stays unanswered
    }
  }
  return answers;
}

base::Result<bool> RequestChannel::dump(std::span<const std::byte> request, std::uint32_t sequence,
                                        const std::function<void(const Message&)>& visit) {
  if (auto sent = socket_.send(request); !sent) {
    return base::unexpected(base::resync_error(sent.error().message));
  }
  bool interrupted = false;
  std::optional<Acknowledgement> end;
  const auto take = [&](const Message& message) {
    if (message.sequence != sequence) {
      return;
    }
    interrupted = interrupted || (message.flags & NLM_F_DUMP_INTR) != 0;
    if (message.type == NLMSG_DONE || message.type == NLMSG_ERROR) {
      end = parse_acknowledgement(message.bytes).value_or(Acknowledgement{});
    } else {
      visit(message);
    }
  };
  while (!end) {
    const auto received = socket_.receive(NetlinkSocket::Blocking::kYes, take);
    if (!received) {
      return base::unexpected(base::resync_error(received.error().message));
    }
    if (received->datagrams == 0 || received->overrun) {
      return base::unexpected(base::resync_error("the kernel did not finish listing"));
    }
  }
  if (end->error != 0) {
    return base::unexpected(base::resync_error(to_error(*end).message));
  }
  return !interrupted;
}

}  // namespace keelvip::kernel
