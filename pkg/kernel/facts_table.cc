#include "pkg/kernel/facts_table.h"

#include <algorithm>
#include <utility>

namespace keelvip::kernel {

namespace {

/// When such an address goes, IPv6 on its link may have ended.
bool carries_ipv6(const net::IpAddress& address) {
  return address.family() == net::Family::kIpv6 && address.is_link_local();
}

}  // namespace

bool FactsTable::put(const LinkMessage& message) {
  const auto known = links_.find(message.index);
  if (known == links_.end() && !message.name) {
    return false;  // a fragment about a link that is not known (yet)
  }
  LinkRecord record;
  if (known != links_.end()) {
    record = known->second;
  } else {
    record.link.ipv4_losses = record.link.ipv6_losses = losses_;
  }
  message.write_to(record);
  if (known != links_.end() && known->second == record) {
    return false;
  }
  links_.insert_or_assign(message.index, std::move(record));
  return true;
}

bool FactsTable::remove_link(net::InterfaceIndex index) {
  const bool on_link = links_.erase(index) > 0;
  losses_ += on_link ? 1U : 0U;  // the kernel may use the index again
  const auto same_interface = [index](const auto& entry) { return entry.first.interface == index; };
  const bool on_address = std::erase_if(addresses_, same_interface) > 0;
  std::erase_if(remembered_, [index](const AddressKey& key) { return key.interface == index; });
  return on_link || on_address;
}

bool FactsTable::put(const AddressMessage& message) {
  const auto [entry, inserted] = addresses_.try_emplace(message.key, message.record);
  if (!inserted && entry->second == message.record) {
    return false;
  }
  entry->second = message.record;
  return true;
}

bool FactsTable::remove_address(const AddressKey& key) {
  const auto address = addresses_.find(key);
  if (address == addresses_.end()) {
    remembered_.erase(key);
    return false;
  }
  const bool ours = is_ours(key, address->second, OwnerMark::kLabel);
  const auto link = links_.find(key.interface);
  if (link != links_.end() && carries_ipv6(key.prefix.address) && !ours) {
    lose_ipv6(link->second);
  }
  remembered_.erase(key);
  addresses_.erase(address);
  return true;
}

void FactsTable::lose_ipv6(LinkRecord& record) {
  record.link.ipv6_losses = ++losses_;
}

void FactsTable::miss_messages() {
  ++losses_;
  for (auto& [index, record] : links_) {
    record.link.ipv4_losses = record.link.ipv6_losses = losses_;
  }
}

bool FactsTable::put_own(const AddressKey& key, OwnerMark mark) {
  const bool ipv4 = key.prefix.address.family() == net::Family::kIpv4;
  AddressRecord record;
  if (mark == OwnerMark::kProtocol) {
    record.protocol = kOwnerProtocol;
  } else {
    record.label_of_ours = ipv4;
    remembered_.insert(key);
  }
  return addresses_.try_emplace(key, record).second;
}

void FactsTable::set_promotes_secondaries(net::InterfaceIndex index) {
  if (const auto link = links_.find(index); link != links_.end()) {
    link->second.promotes_secondaries = true;
  }
}

bool FactsTable::replace(FactsTable reading) {
  for (const AddressKey& key : remembered_) {
    if (reading.addresses_.contains(key)) {
      reading.remembered_.insert(key);
    }
  }
  const bool any_gone = std::ranges::any_of(
      links_, [&](const auto& entry) { return !reading.links_.contains(entry.first); });
  losses_ += any_gone ? 1U : 0U;
  for (const auto& [key, record] : addresses_) {
    const auto link = links_.find(key.interface);
    if (link != links_.end() && carries_ipv6(key.prefix.address) &&
        !reading.addresses_.contains(key) && !is_ours(key, record, OwnerMark::kLabel)) {
      lose_ipv6(link->second);  // there will be no address to remove when the kernel tells
    }
  }
  for (auto& [index, record] : reading.links_) {
    const LinkRecord* known = find_link(index);
    record.link.ipv4_losses = known != nullptr ? known->link.ipv4_losses : losses_;
    record.link.ipv6_losses = known != nullptr ? known->link.ipv6_losses : losses_;
  }
  reading.losses_ = losses_;
  const bool changed = links_ != reading.links_ || addresses_ != reading.addresses_;
  *this = std::move(reading);
  return changed;
}

const LinkRecord* FactsTable::find_link(net::InterfaceIndex index) const {
  const auto link = links_.find(index);
  return link == links_.end() ? nullptr : &link->second;
}

const AddressRecord* FactsTable::find_address(const AddressKey& key) const {
  const auto address = addresses_.find(key);
  return address == addresses_.end() ? nullptr : &address->second;
}

bool FactsTable::is_ours(const AddressKey& key, const AddressRecord& record, OwnerMark mark) const {
  if (record.protocol == kOwnerProtocol) {
    return true;
  }
  // Where protocol numbers work, a label proves nothing: people write labels too.
  return mark == OwnerMark::kLabel && (record.label_of_ours || remembered_.contains(key));
}

bool FactsTable::is_ours(const AddressKey& key, OwnerMark mark) const {
  const AddressRecord* record = find_address(key);
  return record != nullptr && is_ours(key, *record, mark);
}

const AddressKey* FactsTable::find_local(net::InterfaceIndex interface,
                                         const net::IpAddress& local) const {
  const auto entry = addresses_.lower_bound({interface, {local, 0}, {}});
  if (entry == addresses_.end() || entry->first.interface != interface ||
      entry->first.prefix.address != local) {
    return nullptr;
  }
  return &entry->first;
}

std::size_t FactsTable::count_dependents(const AddressKey& key) const {
  const LinkRecord* link = find_link(key.interface);
  const AddressRecord* record = find_address(key);
  if (link == nullptr || link->promotes_secondaries || record == nullptr || record->secondary) {
    return 0;
  }
  const auto depends = [&key](const auto& entry) {
    const auto& [other, other_record] = entry;
    return other.interface == key.interface && other_record.secondary &&
           other.prefix.length == key.prefix.length && key.prefix.contains(other.prefix.address);
  };
  return static_cast<std::size_t>(std::ranges::count_if(addresses_, depends));
}

bool FactsTable::any_protocol() const {
  return std::ranges::any_of(addresses_,
                             [](const auto& entry) { return entry.second.protocol != 0; });
}

net::HostFacts FactsTable::to_facts(OwnerMark mark) const {
  net::HostFacts facts;
  facts.links.reserve(links_.size());
  for (const auto& [index, record] : links_) {
    facts.links.push_back(record.link);
  }
  facts.addresses.reserve(addresses_.size());
  for (const auto& [key, record] : addresses_) {
    facts.addresses.push_back(
        {key.interface, key.prefix, is_ours(key, record, mark), record.usable, record.secondary});
  }
  return facts;
}

}  // namespace keelvip::kernel
