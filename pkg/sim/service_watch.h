// ServiceWatch: what the clients of each VIP notice, folded from what happens in a World: who
// answers for its addresses, for how long nobody did, and for how long two hosts did that one
// client can reach. Times are exact: those of the events. Made by a scenario; one thread.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/sim/layout.h"
#include "pkg/sim/world.h"

namespace keelvip::sim {

struct Service {
  /// The hosts that have an address of the VIP on its LAN and that clients can reach.
  std::vector<std::size_t> holders;
  /// Every address answers, where the LAN was told that it is.
  bool served = false;
  /// Some address is on two hosts that clients can reach.
  bool doubled = false;
  base::Duration outage{};          // in sum
  base::Duration longest_double{};  // in one go
};

class ServiceWatch {
 public:
  ServiceWatch(const World& world, const Layout& layout, std::span<const api::VirtualIp> vips);

  void see(const Happening& happening);
  /// Something was done to the world that no happening tells of.
  void look();
  /// From now on outages and doubles count, and those before do not.
  void begin();
  /// What there is until now.
  [[nodiscard]] const std::vector<Service>& services();

 private:
  struct Track {
    base::Instant since;  // of what `Service` says
    base::Duration double_so_far{};
  };

  void look_at(std::size_t vip);
  void account(std::size_t vip);
  /// Whether clients on the LAN can reach the host.
  [[nodiscard]] bool reachable(std::size_t host, std::size_t lan) const;
  [[nodiscard]] bool has(std::size_t host, std::size_t lan, const net::IpAddress& address) const;
  [[nodiscard]] bool answers(std::size_t lan, const net::IpAddress& address) const;

  const World& world_;
  const Layout& layout_;
  std::span<const api::VirtualIp> vips_;
  std::vector<std::pair<net::IpAddress, std::size_t>> vip_of_;  // sorted by address
  std::vector<Service> services_;
  std::vector<Track> tracks_;
};

}  // namespace keelvip::sim
