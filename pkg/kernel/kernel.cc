#include "pkg/kernel/kernel.h"

#include <utility>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "pkg/kernel/request.h"
#include "pkg/kernel/step_rules.h"

namespace keelvip::kernel {

namespace {

// A dump is interrupted only by a change in its fraction of a millisecond.
constexpr int kReadingAttempts = 8;

// Datagrams taken per call, so that a flood cannot keep the caller from its other work.
constexpr std::size_t kNotificationBudget = 65536;

std::vector<std::byte> link_dump_request(std::uint32_t sequence) {
  Request request(RTM_GETLINK, NLM_F_DUMP, sequence);
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  request.put_header(header);
  request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::vector<std::byte> bytes;
  request.append_to(bytes);
  return bytes;
}

std::vector<std::byte> address_dump_request(std::uint32_t sequence) {
  Request request(RTM_GETADDR, NLM_F_DUMP, sequence);
  ifaddrmsg header{};
  header.ifa_family = AF_UNSPEC;
  request.put_header(header);
  std::vector<std::byte> bytes;
  request.append_to(bytes);
  return bytes;
}

// Returns whether `table` is different now.
bool take_into(FactsTable& table, const Message& message) {
  switch (message.type) {
    case RTM_NEWLINK: {
      const auto link = parse_link(message.bytes);
      return link && table.put(*link);
    }
    case RTM_DELLINK: {
      const auto link = parse_link(message.bytes);
      return link && table.remove_link(link->index);
    }
    case RTM_NEWADDR: {
      const auto address = parse_address(message.bytes);
      return address && table.put(*address);
    }
    case RTM_DELADDR: {
      const auto address = parse_address(message.bytes);
      return address && table.remove_address(address->key);
    }
    default:
      return false;
  }
}

std::string kernel_release() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "";
}

}  // namespace

Kernel::Kernel(NetlinkSocket monitor, RequestChannel requests)
    : monitor_(std::move(monitor)), requests_(std::move(requests)) {}

base::Result<Kernel> Kernel::open(const KernelSettings& settings) {
  auto monitor = NetlinkSocket::open(settings.notification_buffer);
  if (!monitor) {
    return base::unexpected(monitor.error());
  }
  // Before the first reading: what changes during it is told afterwards.
  for (const int group : {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR}) {
    if (auto subscribed = monitor->subscribe(group); !subscribed) {
      return base::unexpected(subscribed.error());
    }
  }
  auto requests = RequestChannel::open();
  if (!requests) {
    return base::unexpected(requests.error());
  }
  Kernel kernel(std::move(*monitor), std::move(*requests));
  if (auto read = kernel.resync(); !read) {
    return base::unexpected(read.error());
  }
  kernel.mark_ = choose_owner_mark(kernel.table_.any_protocol(), kernel_release());
  return kernel;
}

base::Result<void> Kernel::read_notifications() {
  const auto take = [this](const Message& message) {
    if (take_into(table_, message)) {
      mark_changed();
    }
  };
  for (std::size_t taken = 0; taken < kNotificationBudget;) {
    const auto received = monitor_.receive(NetlinkSocket::Blocking::kNo, take);
    if (!received) {
      return base::unexpected(base::resync_error(received.error().message));
    }
    if (received->overrun) {
      incomplete_ = true;
      ++overruns_;
      table_.miss_messages();
      mark_changed();
    }
    if (received->datagrams == 0) {
      // Only now: until its queue is empty, the kernel keeps dropping without saying so again.
      return incomplete_ ? resync() : base::Result<void>();
    }
    taken += received->datagrams;
  }
  return {};
}

base::Result<bool> Kernel::read_everything(FactsTable& reading) {
  const auto take = [&reading](const Message& message) { take_into(reading, message); };
  const std::uint32_t first = requests_.take_sequences(2);
  const auto links = requests_.dump(link_dump_request(first), first, take);
  if (!links) {
    return base::unexpected(base::wrap(links.error(), "list interfaces"));
  }
  const auto addresses = requests_.dump(address_dump_request(first + 1), first + 1, take);
  if (!addresses) {
    return base::unexpected(base::wrap(addresses.error(), "list addresses"));
  }
  return *links && *addresses;
}

base::Result<void> Kernel::resync() {
  incomplete_ = true;  // until a reading succeeds
  for (int attempt = 0; attempt < kReadingAttempts; ++attempt) {
    FactsTable reading;
    const auto complete = read_everything(reading);
    if (!complete) {
      return base::unexpected(complete.error());
    }
    table_.replace(std::move(reading));
    ++resyncs_;
    mark_changed();
    if (*complete) {
      incomplete_ = false;
      return {};
    }
  }
  return base::unexpected(
      base::resync_error("interfaces or addresses change faster than they can be listed"));
}

void Kernel::mark_changed() {
  changed_ = true;
  facts_stale_ = true;
}

const net::HostFacts& Kernel::facts() {
  if (std::exchange(facts_stale_, false)) {
    facts_ = table_.to_facts(mark_);
    facts_.resyncs = resyncs_;
    facts_.overruns = overruns_;
  }
  return facts_;
}

std::vector<net::AddressStep> Kernel::removals() {
  std::vector<net::AddressStep> steps;
  for (const net::Address& address : facts().addresses) {
    const net::AddressStep step{net::StepKind::kRemove, address.interface, address.prefix};
    // Host addresses have no secondaries, and to count them for each would take long.
    const bool host = address.prefix.length == address.prefix.address.bits();
    if (address.ours && (host || table_.count_dependents(key_of(step)) == 0)) {
      steps.push_back(step);
    }
  }
  for (const net::AddressStep& step : under_way_) {
    if (will_be_ours(step)) {
      steps.push_back({net::StepKind::kRemove, step.interface, step.prefix});
    }
  }
  return order_steps(table_, steps);
}

/// An addition that meets somebody else's address will fail; one that meets ours is counted.
bool Kernel::will_be_ours(const net::AddressStep& step) const {
  return step.kind == net::StepKind::kAdd && !incomplete_ &&
         table_.find_address(key_of(step)) == nullptr;
}

bool Kernel::take_changed() {
  return std::exchange(changed_, false);
}

}  // namespace keelvip::kernel
