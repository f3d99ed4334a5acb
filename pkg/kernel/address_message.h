// Addresses as rtnetlink messages: a step as a request, a notification or dump entry as a record.
// Kernel calls them for what it sends and hears, FactsTable keeps the records. Pure functions on
// bytes; kernel thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pkg/kernel/owner_mark.h"
#include "pkg/net/address_step.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/ip_address.h"
#include "pkg/net/prefix.h"

namespace keelvip::kernel {

/// What makes an address one and not another. The kernel accepts the same local address several
/// times with different peers or (IPv4) prefix lengths.
struct AddressKey {
  net::InterfaceIndex interface;
  net::Prefix prefix;   // the local address
  net::IpAddress peer;  // the local address again unless point-to-point

  friend auto operator<=>(const AddressKey&, const AddressKey&) = default;
};

struct AddressRecord {
  std::uint8_t protocol = 0;   // IFA_PROTO; 0 when the kernel gives none
  bool label_of_ours = false;  // the label is owner_label() of its interface
  bool usable = true;          // see net::Address
  bool secondary = false;      // see net::Address

  friend bool operator==(const AddressRecord&, const AddressRecord&) = default;
};

struct AddressMessage {
  AddressKey key;
  AddressRecord record;
};

/// Appends the request for `step` to `out`. `interface_name` is only needed for the label.
void append_request(std::vector<std::byte>& out, const net::AddressStep& step, OwnerMark mark,
                    std::string_view interface_name, std::uint32_t sequence);

/// The key that `step` is about.
[[nodiscard]] AddressKey key_of(const net::AddressStep& step);

/// Reads RTM_NEWADDR or RTM_DELADDR, netlink header included. nullopt when it is malformed or of
/// another family.
[[nodiscard]] std::optional<AddressMessage> parse_address(std::span<const std::byte> message);

}  // namespace keelvip::kernel
