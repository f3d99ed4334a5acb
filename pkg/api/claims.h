// ClaimTable: what objects take for themselves alone (a virtual router on a link, an address), so
// that two cannot have it. Internal to the fold: a table lives as long as one look at all objects.
// Pure; on the thread of the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/net/family.h"
#include "pkg/net/ip_address.h"

namespace keelvip::api {

/// Something that an object wants and another one has.
struct Clash {
  const VirtualIp* holder = nullptr;
  /// Which of Spec::addresses; kVirtualRouter: the virtual router ID.
  std::size_t address = kVirtualRouter;
  std::string reason;

  static constexpr std::size_t kVirtualRouter = static_cast<std::size_t>(-1);
};

class ClaimTable {
 public:
  /// Takes all that `vip` claims, or nothing and says why. Keeps a pointer to `vip`.
  [[nodiscard]] std::vector<Clash> add(const VirtualIp& vip);

 private:
  std::map<std::pair<net::Family, std::uint8_t>, std::vector<const VirtualIp*>> routers_;
  std::map<net::IpAddress, std::vector<const VirtualIp*>> addresses_;
};

/// Whether all that `next` claims is claimed by `last` already.
[[nodiscard]] bool claims_nothing_new(const VirtualIp& next, const VirtualIp& last);

/// "web" (a.yaml:1): the name and, if known, the place of an object.
[[nodiscard]] std::string describe(const VirtualIp& vip);

}  // namespace keelvip::api
