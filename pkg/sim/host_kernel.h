// HostKernel: the links and addresses of one simulated host, as its kernel has them: they survive
// the agent, others change them too, and it may refuse. Answers the agent's steps by the same rules
// as pkg/kernel (which is tested against a real one). Owned by a Node; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"
#include "pkg/sim/scene.h"

namespace keelvip::sim {

/// What the kernel says to additions instead of doing them.
enum class Refusal : std::uint8_t {
  kNone,
  kPermission,  // EPERM
  kNoDevice,    // ENODEV
  kNoBuffers,   // ENOBUFS
  kSilence,     // no answer; whether it was done is left to chance
};

class HostKernel {
 public:
  HostKernel(Scene& scene, std::size_t node) : scene_(scene), node_(node) {}

  /// A network interface with the addresses that the administrator gave it, on a segment.
  void add_link(std::string name, net::MacAddress mac, std::vector<net::Prefix> addresses,
                std::size_t segment);
  /// The same again after it was deleted: another index, the administrator's addresses only.
  void recreate_link(std::string_view name);
  void delete_link(std::string_view name);
  void set_up(std::string_view name, bool up);
  void set_carrier(std::string_view name, bool carrier);

  /// Somebody else adds or removes an address. Ours are not safe from that.
  void add_foreign(std::string_view link, const net::Prefix& prefix);
  void remove_by_others(const net::Prefix& prefix);

  void refuse(Refusal refusal) { refusal_ = refusal; }
  void slow_down(base::Duration answer) { slowness_ = answer; }
  [[nodiscard]] base::Duration slowness() const { return slowness_; }
  /// Notifications got lost: everything has to be read again.
  void overrun();

  [[nodiscard]] net::StepDone carry_out(const net::AddressStep& step);
  /// Takes away what was lent and not renewed. Called when the time of some lease is over.
  void expire();

  /// Something is different from what the agent has read.
  [[nodiscard]] bool changed() const { return changed_; }
  /// The agent reads everything that there is to know.
  [[nodiscard]] std::shared_ptr<const net::HostFacts> read();
  [[nodiscard]] const net::HostFacts& truth() const { return facts_; }

  /// The segment of an interface that can send and receive; kNoSegment otherwise.
  static constexpr std::size_t kNoSegment = SIZE_MAX;
  [[nodiscard]] std::size_t segment_of(net::InterfaceIndex interface) const;
  /// The interface by which the host is on this segment, 0 if it is not now.
  [[nodiscard]] net::InterfaceIndex interface_on(std::size_t segment) const;

 private:
  /// A link as the administrator knows it, whether it exists now or not.
  struct Port {
    net::Link link;
    std::vector<net::Prefix> addresses;
    std::size_t segment = 0;
    bool present = false;
  };

  /// An address that goes by itself.
  struct Lease {
    net::InterfaceIndex interface;
    net::Prefix prefix;
    base::Instant ends;
  };

  void lend(const net::AddressStep& step);
  Port& port(std::string_view name);
  void connect(Port& port);
  void link_changed(Port& port);
  void put(const net::Address& address);
  void take(std::size_t position);
  void remove_on(net::InterfaceIndex interface, bool ipv6_only);
  [[nodiscard]] std::size_t find(net::InterfaceIndex interface, const net::Prefix& prefix) const;
  [[nodiscard]] base::Result<void> add(const net::AddressStep& step);
  void renew(const net::AddressStep& step);
  [[nodiscard]] base::Result<void> remove(const net::AddressStep& step);

  Scene& scene_;
  std::size_t node_;
  std::vector<Port> ports_;
  net::HostFacts facts_;
  std::vector<Lease> leases_;
  std::uint32_t last_index_ = 1;
  Refusal refusal_ = Refusal::kNone;
  base::Duration slowness_{};
  bool changed_ = false;
};

}  // namespace keelvip::sim
