#include "pkg/reconcile/preview.h"

#include <doctest/doctest.h>

#include <array>

#include "pkg/reconcile/scenario.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;

TEST_CASE("A preview says who takes part, who cannot and why, and what would change") {
  api::VirtualIp web = vip("web", {"192.0.2.10/24", "2001:db8::10/64"}, 51);
  web.spec.health_checks = {check("http")};
  api::VirtualIp elsewhere = vip("elsewhere", {"192.0.2.11"}, 52);
  elsewhere.spec.nodes = {{{"lb-2", 100}}};
  api::VirtualIp waiting = vip("waiting", {"192.0.2.12"}, 53);
  waiting.spec.interface = "eth7";
  const net::HostFacts facts = host({address(3, "203.0.113.9/32", true)});
  const std::array active{ActiveRouter{"web", net::Family::kIpv4}};
  CHECK(to_text(make_preview(specs({web, elsewhere, waiting}), "lb-1", facts, active), facts) ==
        "elsewhere: not for this node: spec.nodes does not list lb-1\n"
        "waiting IPv4 VRID 53: cannot take part: InterfaceAbsent: Interface eth7 does not exist; "
        "waiting for it.\n"
        "web IPv4 VRID 51: takes part on eth0 from 192.0.2.1 with priority 100 if its health "
        "checks pass\n"
        "web IPv6 VRID 51: takes part on eth0 from fe80::1 with priority 100 if its health "
        "checks pass\n"
        "- 203.0.113.9/32 on eth1  NotAVirtualAddress\n"
        "+ 192.0.2.10/24 on eth0  web: RoleIsActive\n");
}

TEST_CASE("A preview for a drained node puts nothing anywhere") {
  const net::HostFacts facts = host();
  const Preview preview =
      make_preview(specs({vip("web", {"192.0.2.10/24"})}), "lb-1", facts, {}, /*drained=*/true);
  CHECK(to_text(preview, facts) ==
        "web IPv4 VRID 51: cannot take part: Drained: This node is drained; `keelvip undrain` on "
        "it ends that.\n"
        "Nothing to change.\n");
}

}  // namespace
}  // namespace keelvip::reconcile
