// Input: a datagram from the kernel's routing socket, after a byte that says how we mark addresses.
// Its messages fill a table of links and addresses, which must stay one that makes sense.
#include <algorithm>
#include <vector>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "input.h"
#include "libfuzzer.h"
#include "pkg/base/check.h"
#include "pkg/kernel/acknowledgement.h"
#include "pkg/kernel/address_message.h"
#include "pkg/kernel/facts_table.h"
#include "pkg/kernel/link_message.h"
#include "pkg/kernel/netlink_socket.h"

namespace keelvip::fuzz {
namespace {

using kernel::FactsTable;
using kernel::Message;
using kernel::OwnerMark;

void take_address(FactsTable& table, const Message& message, OwnerMark mark) {
  const auto address = kernel::parse_address(message.bytes);
  if (!address) {
    return;
  }
  const auto& prefix = address->key.prefix;
  KEELVIP_CHECK(prefix.length <= prefix.address.bits());
  KEELVIP_CHECK(prefix.address.family() == address->key.peer.family());
  if (message.type == RTM_NEWADDR) {
    table.put(*address);
    KEELVIP_CHECK(!table.put(*address));
    KEELVIP_CHECK(*table.find_address(address->key) == address->record);
    const auto* local = table.find_local(address->key.interface, prefix.address);
    KEELVIP_CHECK(local != nullptr && local->prefix.address == prefix.address);
    if ((message.flags & NLM_F_EXCL) != 0) {
      table.put_own(address->key, mark);
    }
  } else {
    table.remove_address(address->key);
    KEELVIP_CHECK(!table.remove_address(address->key));
    KEELVIP_CHECK(table.find_address(address->key) == nullptr);
    KEELVIP_CHECK(!table.is_ours(address->key, mark));
  }
}

void take_link(FactsTable& table, const Message& message) {
  const auto link = kernel::parse_link(message.bytes);
  if (!link) {
    return;
  }
  KEELVIP_CHECK(link->index.value > 0);
  if (message.type == RTM_NEWLINK) {
    table.put(*link);
    KEELVIP_CHECK(!table.put(*link));
    KEELVIP_CHECK(!link->name || table.find_link(link->index)->link.name == *link->name);
  } else {
    table.remove_link(link->index);
    KEELVIP_CHECK(!table.remove_link(link->index));
    KEELVIP_CHECK(table.find_link(link->index) == nullptr);
  }
}

void take_acknowledgement(const Message& message) {
  if (const auto answer = kernel::parse_acknowledgement(message.bytes)) {
    KEELVIP_CHECK(answer->error >= 0);
    KEELVIP_CHECK(!kernel::to_error(*answer).message.empty());
  }
}

void check_table(const FactsTable& table, OwnerMark mark) {
  const net::HostFacts facts = table.to_facts(mark);
  KEELVIP_CHECK(std::ranges::is_sorted(facts.links, {}, &net::Link::index));
  const auto place = [](const net::Address& address) {
    return std::pair(address.interface, address.prefix);
  };
  KEELVIP_CHECK(std::ranges::is_sorted(facts.addresses, {}, place));
  for (const net::Address& address : facts.addresses) {
    const kernel::AddressKey key{address.interface, address.prefix, address.prefix.address};
    KEELVIP_CHECK(table.count_dependents(key) < facts.addresses.size());
  }
  FactsTable copy = table;
  KEELVIP_CHECK(!copy.replace(table));
  KEELVIP_CHECK(copy.to_facts(mark) == facts);
}

void run(Input input) {
  const OwnerMark mark = (input.u8() & 1U) != 0 ? OwnerMark::kLabel : OwnerMark::kProtocol;
  const auto bytes = std::as_bytes(input.take_rest());
  // In memory of its own, aligned as the receive buffer is.
  const std::vector<std::byte> datagram(bytes.begin(), bytes.end());
  FactsTable table;
  kernel::visit_messages(datagram, [&table, mark](const Message& message) {
    switch (message.type) {
      case RTM_NEWADDR:
      case RTM_DELADDR:
        take_address(table, message, mark);
        break;
      case RTM_NEWLINK:
      case RTM_DELLINK:
        take_link(table, message);
        break;
      case NLMSG_ERROR:
      case NLMSG_DONE:
        take_acknowledgement(message);
        break;
      default:
        break;
    }
  });
  check_table(table, mark);
}

}  // namespace
}  // namespace keelvip::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  keelvip::fuzz::run(keelvip::fuzz::Input(data, size));
  return 0;
}
