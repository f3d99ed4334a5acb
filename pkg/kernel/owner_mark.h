// How Keelvip marks the addresses that it sets, so that only those are ever removed, also by an
// agent that finds them after its predecessor was killed. Pure; kernel thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keelvip::kernel {

/// The address protocol number (IFA_PROTO) of every address that Keelvip sets. The kernel reserves
/// 0 to 3; 75 is 'K'. It is part of the interface between releases: never change it.
inline constexpr std::uint8_t kOwnerProtocol = 75;

enum class OwnerMark : std::uint8_t {
  kProtocol,  // IFA_PROTO, Linux 5.18 and later
  /// Before: an IPv4 address carries a label; IPv6 has none, so there the mark is only remembered
  /// by this process and what a killed agent left behind is not recognised.
  kLabel,
};

/// Which mark this kernel keeps. An address that carries a protocol number (`::1` and link-local
/// addresses do) proves support, which distributions have backported; otherwise the `release`
/// as uname(2) tells it, such as "6.1.0-18-amd64", decides.
[[nodiscard]] OwnerMark choose_owner_mark(bool protocol_seen, std::string_view release);

/// "INTERFACE:kv", or empty when that is longer than the kernel takes.
[[nodiscard]] std::string owner_label(std::string_view interface_name);

}  // namespace keelvip::kernel
