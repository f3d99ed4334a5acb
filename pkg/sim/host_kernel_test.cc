#include "pkg/sim/host_kernel.h"

#include <doctest/doctest.h>

namespace keelvip::sim {
namespace {

net::Prefix prefix(const char* text) {
  return *net::Prefix::parse(text);
}

/// A host with eth0, and what the tests ask of it.
struct Host {
  Scene scene{1};
  HostKernel kernel{scene, 0};

  Host() {
    kernel.add_link("eth0", {{2, 0, 0, 0, 0, 1}}, {prefix("192.0.2.1/24"), prefix("fe80::1/64")},
                    0);
  }

  [[nodiscard]] net::InterfaceIndex eth0() const { return kernel.truth().links[0].index; }
  [[nodiscard]] bool add(const char* text) {
    return kernel.carry_out({net::StepKind::kAdd, eth0(), prefix(text)}).outcome.has_value();
  }
  [[nodiscard]] bool remove(const char* text) {
    return kernel.carry_out({net::StepKind::kRemove, eth0(), prefix(text)}).outcome.has_value();
  }
  [[nodiscard]] bool has(const char* text) const {
    for (const net::Address& address : kernel.truth().addresses) {
      if (address.prefix == prefix(text)) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace

TEST_CASE("steps are done, and what is done already is a success") {
  Host host;
  CHECK(host.add("192.0.2.10/24"));
  CHECK(host.add("192.0.2.10/24"));
  CHECK(host.has("192.0.2.10/24"));
  CHECK(host.remove("192.0.2.10/24"));
  CHECK(host.remove("192.0.2.10/24"));
  CHECK_FALSE(host.has("192.0.2.10/24"));
}

TEST_CASE("what somebody else configured is neither taken over nor removed") {
  Host host;
  host.kernel.add_foreign("eth0", prefix("192.0.2.10/24"));
  CHECK_FALSE(host.add("192.0.2.10/24"));
  CHECK_FALSE(host.remove("192.0.2.10/24"));
  CHECK(host.has("192.0.2.10/24"));
}

TEST_CASE(
    "an interface that is created again has another index and the administrator's addresses") {
  Host host;
  CHECK(host.add("192.0.2.10/24"));
  const net::InterfaceIndex before = host.eth0();
  host.kernel.delete_link("eth0");
  CHECK(host.kernel.truth().addresses.empty());
  CHECK(host.kernel.interface_on(0) == net::InterfaceIndex{});
  host.kernel.recreate_link("eth0");
  CHECK(host.eth0() != before);
  CHECK(host.has("192.0.2.1/24"));
  CHECK_FALSE(host.has("192.0.2.10/24"));
}

TEST_CASE("an interface that is set down loses its IPv6 addresses") {
  Host host;
  CHECK(host.add("fe80::10/64"));
  CHECK(host.add("192.0.2.10/24"));
  host.kernel.set_up("eth0", false);
  CHECK_FALSE(host.has("fe80::10/64"));
  CHECK(host.has("192.0.2.10/24"));
  CHECK(host.kernel.segment_of(host.eth0()) == HostKernel::kNoSegment);
  host.kernel.set_up("eth0", true);
  CHECK(host.has("fe80::1/64"));
}

TEST_CASE("an address that is lent goes within a second of its time, unless it is renewed") {
  Host host;
  const net::AddressStep add{net::StepKind::kAdd, host.eth0(), prefix("192.0.2.10/24"), false,
                             std::chrono::seconds(2)};
  net::AddressStep renew = add;
  renew.kind = net::StepKind::kRenew;
  CHECK(host.kernel.carry_out(add).outcome.has_value());
  host.scene.now += std::chrono::milliseconds(1999);
  host.kernel.expire();
  CHECK(host.has("192.0.2.10/24"));
  CHECK(host.kernel.carry_out(renew).outcome.has_value());
  host.scene.now += std::chrono::milliseconds(1999);
  host.kernel.expire();
  CHECK(host.has("192.0.2.10/24"));
  host.scene.now += std::chrono::milliseconds(1001);
  host.kernel.expire();
  CHECK_FALSE(host.has("192.0.2.10/24"));
  CHECK(host.kernel.carry_out(renew).outcome.has_value());
  CHECK_FALSE(host.has("192.0.2.10/24"));
}

TEST_CASE("a kernel that refuses changes nothing") {
  Host host;
  host.kernel.refuse(Refusal::kNoBuffers);
  CHECK_FALSE(host.add("192.0.2.10/24"));
  CHECK_FALSE(host.has("192.0.2.10/24"));
}

}  // namespace keelvip::sim
