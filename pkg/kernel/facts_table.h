// FactsTable: the kernel's links and addresses as far as messages have told, and the HostFacts made
// of them. Kernel keeps one and asks it before each step. Pure: messages in, facts out. Kernel
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "pkg/kernel/address_message.h"
#include "pkg/kernel/link_message.h"
#include "pkg/net/host_facts.h"

namespace keelvip::kernel {

class FactsTable {
 public:
  /// Each returns whether anything is different now.
  bool put(const LinkMessage& message);
  /// Removes the link with all its addresses, whether the kernel says so for each or not.
  bool remove_link(net::InterfaceIndex index);
  bool put(const AddressMessage& message);
  bool remove_address(const AddressKey& key);

  /// The kernel has dropped some: any link may have gone, or its IPv6, and be back.
  void miss_messages();

  /// Records an address that we set and the kernel confirmed. Where the kernel keeps no mark
  /// (OwnerMark::kLabel and IPv6) this memory is the mark, as long as the address stays.
  bool put_own(const AddressKey& key, OwnerMark mark);

  /// Records that the kernel now promotes secondaries there; it sends no notification of that.
  void set_promotes_secondaries(net::InterfaceIndex index);

  /// Replaces everything by `reading`, a full dump, but for what only this table remembers.
  bool replace(FactsTable reading);

  [[nodiscard]] const LinkRecord* find_link(net::InterfaceIndex index) const;
  [[nodiscard]] const AddressRecord* find_address(const AddressKey& key) const;
  [[nodiscard]] bool is_ours(const AddressKey& key, OwnerMark mark) const;
  /// An entry with this local address on this interface, whatever its prefix length and peer.
  [[nodiscard]] const AddressKey* find_local(net::InterfaceIndex interface,
                                             const net::IpAddress& local) const;
  /// How many other addresses the kernel would remove together with this one because they are its
  /// secondaries: same network and prefix length, on a link that does not promote them.
  [[nodiscard]] std::size_t count_dependents(const AddressKey& key) const;
  /// Whether any address carries a protocol number: see choose_owner_mark().
  [[nodiscard]] bool any_protocol() const;

  /// Links and addresses in the order that HostFacts promises; its counters are left 0.
  [[nodiscard]] net::HostFacts to_facts(OwnerMark mark) const;

 private:
  [[nodiscard]] bool is_ours(const AddressKey& key, const AddressRecord& record,
                             OwnerMark mark) const;

  void lose_ipv6(LinkRecord& record);

  std::map<net::InterfaceIndex, LinkRecord> links_;
  std::map<AddressKey, AddressRecord> addresses_;
  std::set<AddressKey> remembered_;
  std::uint32_t losses_ = 0;  // the newest number of any link, living or dead
};

}  // namespace keelvip::kernel
