#include "pkg/reconcile/resolve.h"

#include <doctest/doctest.h>

#include "pkg/reconcile/explain.h"
#include "pkg/reconcile/scenario.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using health::Verdict;
using vrrp::Role;

Desired resolve_here(const Assignment& assignment, const net::HostFacts& facts,
                     std::vector<Role> roles = {}, const Verdicts& verdicts = {}) {
  const std::vector<ReachedRole> reached = wherever(roles);
  return resolve({assignment, facts, verdicts, reached});
}

Fitness fitness_of(const api::VirtualIp& resource, const net::HostFacts& facts,
                   const Verdicts& verdicts = {}) {
  return resolve_here(assignment({resource}), facts, {}, verdicts).routers.at(0).fitness;
}

TEST_CASE("A VIP on a healthy interface is fit and knows where it speaks from") {
  const Desired desired = resolve_here(assignment({vip("web", {"192.0.2.10/24"})}), host());
  REQUIRE(desired.routers.size() == 1);
  const DesiredRouter& router = desired.routers[0];
  CHECK(router.fitness == Fitness::kFit);
  CHECK(router.interface == net::InterfaceIndex{2});
  CHECK(router.mac == host().find_link("eth0")->mac);
  CHECK(router.primary == ip("192.0.2.1"));
  CHECK(router.priority == vrrp::Priority{100});
  CHECK(desired.addresses.empty());
}

TEST_CASE("A node that is not listed has no router, one that is has the priority of its entry") {
  api::VirtualIp web = vip("web", {"192.0.2.10/24"});
  web.spec.nodes = {{{"lb-1", 150}, {"lb-2", 50}}};
  CHECK(resolve_here(assignment({web}, "lb-3"), host()).routers.empty());
  CHECK_FALSE(assignment({web}, "lb-3").vips[0].selected);
  CHECK(resolve_here(assignment({web}, "lb-2"), host()).routers.at(0).priority.value == 50);
}

TEST_CASE("Without an interface in the spec, the subnet of the first address finds it") {
  api::VirtualIp web = vip("web", {"198.51.100.9"});
  web.spec.interface.clear();
  const auto interface_in = [&](const net::HostFacts& facts) {
    return resolve_here(assignment({web}), facts).routers.at(0).interface.value;
  };
  CHECK(interface_in(host()) == 3);

  SUBCASE("the longest prefix wins") {
    CHECK(interface_in(host({address(2, "198.51.100.1/28")})) == 2);
  }
  SUBCASE("the lowest index wins among equals") {
    CHECK(interface_in(host({address(2, "198.51.100.2/24")})) == 2);
  }
  SUBCASE("an address that we put there does not count") {
    CHECK(interface_in(host({address(2, "198.51.100.9/32", true)})) == 3);
  }
  SUBCASE("no subnet, no interface") {
    net::HostFacts facts = host();
    std::erase_if(facts.addresses, [](const auto& a) { return a.interface.value == 3; });
    CHECK(interface_in(facts) == 0);
    CHECK(fitness_of(web, facts) == Fitness::kNoMatchingInterface);
  }
  SUBCASE("a link-local address does not find it when another can") {
    web.spec.addresses = {prefix("fe80::9/64"), prefix("2001:db8::9/64")};
    CHECK(interface_in(host({address(3, "2001:db8::1/64")})) == 3);
  }
}

TEST_CASE("Each state of the interface that forbids taking part has its reason") {
  const api::VirtualIp web = vip("web", {"192.0.2.10/24"});
  net::HostFacts facts = host();
  SUBCASE("absent") {
    facts.links.erase(facts.links.begin() + 1);
    CHECK(fitness_of(web, facts) == Fitness::kInterfaceAbsent);
  }
  SUBCASE("not Ethernet") {
    facts.links[1].ethernet = false;
    CHECK(fitness_of(web, facts) == Fitness::kNotEthernet);
  }
  SUBCASE("down") {
    facts.links[1].up = false;
    facts.links[1].running = false;
    CHECK(fitness_of(web, facts) == Fitness::kInterfaceDown);
  }
  SUBCASE("without a carrier") {
    facts.links[1].running = false;
    CHECK(fitness_of(web, facts) == Fitness::kNoCarrier);
  }
  SUBCASE("without an address to speak from") {
    std::erase_if(facts.addresses,
                  [](const auto& a) { return a.prefix == prefix("192.0.2.1/24"); });
    CHECK(fitness_of(web, facts) == Fitness::kNoSourceAddress);
  }
  SUBCASE("with no other IPv4 address than the one we put there") {
    std::erase_if(facts.addresses,
                  [](const auto& a) { return a.prefix == prefix("192.0.2.1/24"); });
    facts.addresses.push_back(address(2, "192.0.2.10/24", true));
    sort_addresses(facts);
    CHECK(fitness_of(web, facts) == Fitness::kNoSourceAddress);
  }
}

TEST_CASE("Item 6: adverts come from a real address of the interface, never from a virtual one") {
  SUBCASE("IPv4: the subnet of the first address is preferred") {
    const net::HostFacts facts = host({address(2, "10.0.0.1/8")});
    CHECK(resolve_here(assignment({vip("a", {"192.0.2.10"})}), facts).routers[0].primary ==
          ip("192.0.2.1"));
    CHECK(resolve_here(assignment({vip("a", {"10.9.9.9"})}), facts).routers[0].primary ==
          ip("10.0.0.1"));
  }
  SUBCASE("IPv4: a primary address is preferred to a secondary one") {
    net::HostFacts facts = host({address(2, "192.0.2.2/24")});
    facts.addresses[1].secondary = true;
    REQUIRE(facts.addresses[1].prefix == prefix("192.0.2.1/24"));
    CHECK(resolve_here(assignment({vip("a", {"192.0.2.10"})}), facts).routers[0].primary ==
          ip("192.0.2.2"));
  }
  SUBCASE("IPv6: the link-local address, once it is usable") {
    const Assignment six = assignment({vip("six", {"2001:db8::10/64"})});
    net::HostFacts facts = host({address(2, "2001:db8::1/64")});
    CHECK(resolve_here(six, facts).routers[0].primary == ip("fe80::1"));
    for (net::Address& a : facts.addresses) {
      a.usable = a.prefix != prefix("fe80::1/64");
    }
    CHECK(resolve_here(six, facts).routers[0].fitness == Fitness::kNoSourceAddress);
  }
  SUBCASE("a virtual address of another VIP that is ours elsewhere is no source") {
    const Assignment both = assignment({vip("a", {"192.0.2.10"}), vip("b", {"192.0.2.1"}, 52)});
    CHECK(resolve_here(both, host()).routers[0].fitness == Fitness::kNoSourceAddress);
  }
}

TEST_CASE("A virtual address that somebody else configured here keeps the node out") {
  const api::VirtualIp web = vip("web", {"192.0.2.10/24"});
  CHECK(fitness_of(web, host({address(2, "192.0.2.10/32")})) == Fitness::kAddressIsForeign);
  CHECK(fitness_of(web, host({address(3, "192.0.2.10/32")})) == Fitness::kAddressIsForeign);
  CHECK(fitness_of(web, host({address(2, "192.0.2.10/24", true)})) == Fitness::kFit);
  SUBCASE("but not one on the loopback interface, as direct routing has it") {
    CHECK(fitness_of(web, host({address(1, "192.0.2.10/32")})) == Fitness::kFit);
  }
  SUBCASE("nor the same link-local address of another link") {
    const api::VirtualIp six = vip("six", {"fe80::10/64"});
    CHECK(fitness_of(six, host({address(3, "fe80::10/64")})) == Fitness::kFit);
    CHECK(fitness_of(six, host({address(2, "fe80::10/64")})) == Fitness::kAddressIsForeign);
  }
}

TEST_CASE("A node that could not say its adverts, or hear others, stays out") {
  const api::VirtualIp web = vip("web", {"192.0.2.10/24", "192.0.2.11/24"});
  net::HostFacts facts = host();
  facts.links[1].mtu = 36;  // 20 of IP, 8 of VRRP, 4 for each address
  CHECK(fitness_of(web, facts) == Fitness::kFit);
  facts.links[1].mtu = 35;
  CHECK(fitness_of(web, facts) == Fitness::kMtuTooSmall);
  facts.links[1].mtu = 0;
  CHECK(fitness_of(web, facts) == Fitness::kFit);

  const Assignment both = assignment({web, vip("six", {"2001:db8::10/64"}, 52)});
  const std::vector<vrrp::Unheard> unheard{{{3}, net::Family::kIpv4, "no"},
                                           {{2}, net::Family::kIpv6, "no buffers"}};
  const Desired desired = resolve(
      {.assignment = both, .facts = facts, .verdicts = {}, .roles = {}, .unheard = unheard});
  CHECK(desired.routers[0].fitness == Fitness::kCannotListen);
  CHECK(desired.routers[1].fitness == Fitness::kFit);
  CHECK(explain_fitness(both, facts, desired, 0, nullptr, unheard) ==
        "No advert can be heard on eth0: no buffers.");
}

TEST_CASE("A node that is unhealthy and cannot hear either is kept out for its health") {
  api::VirtualIp web = vip("web", {"192.0.2.10/24"});
  web.spec.health_checks = {check("http")};
  const Assignment one = assignment({web});
  const net::HostFacts facts = host();
  const std::vector<vrrp::Unheard> unheard{{{2}, net::Family::kIpv4, "no buffers"}};
  const auto fitness = [&](Verdict verdict) {
    const Verdicts verdicts{{verdict}};
    return resolve({.assignment = one,
                    .facts = facts,
                    .verdicts = verdicts,
                    .roles = {},
                    .unheard = unheard})
        .routers[0]
        .fitness;
  };
  CHECK(fitness(Verdict::kUnhealthy) == Fitness::kHealthCheckFailing);
  CHECK(fitness(Verdict::kUnknown) == Fitness::kHealthCheckPending);
  CHECK(fitness(Verdict::kHealthy) == Fitness::kCannotListen);
}

TEST_CASE("Routers are told when their link may have left the group of their family") {
  const Assignment both = assignment({vip("a", {"192.0.2.10"}), vip("b", {"2001:db8::10"}, 52)});
  net::HostFacts facts = host();
  facts.links[1].ipv4_losses = 3;
  facts.links[1].ipv6_losses = 7;
  const Desired desired = resolve_here(both, facts);
  CHECK(desired.routers[0].group_losses == 3);
  CHECK(desired.routers[1].group_losses == 7);
}

TEST_CASE("A node speaks from an address that it owns if it has no other there") {
  api::VirtualIp own = vip("own", {"192.0.2.1/24"});
  own.spec.priority = 255;
  api::VirtualIp web = vip("web", {"192.0.2.10/24"}, 52);
  web.spec.interface.clear();
  const Assignment both = assignment({own, web});
  const Desired alone = resolve_here(both, host());
  CHECK(alone.routers[0].primary == ip("192.0.2.1"));
  CHECK(alone.routers[1].fitness == Fitness::kFit);
  CHECK(alone.routers[1].primary == ip("192.0.2.1"));
  for (const char* other : {"192.0.2.2/24", "192.0.2.0/24"}) {
    const Desired desired = resolve_here(both, host({address(2, other)}));
    CHECK(desired.routers[1].primary == prefix(other).address);
  }
}

TEST_CASE("Item 14: priority 255 needs the addresses, and none of them is ever wanted from us") {
  api::VirtualIp web = vip("web", {"192.0.2.10/24", "192.0.2.11/24"});
  web.spec.priority = 255;
  CHECK(fitness_of(web, host()) == Fitness::kNotAddressOwner);
  CHECK(fitness_of(web, host({address(2, "192.0.2.10/24")})) == Fitness::kNotAddressOwner);
  CHECK(fitness_of(web, host({address(2, "192.0.2.10/24", true), address(2, "192.0.2.11/24")})) ==
        Fitness::kNotAddressOwner);

  const net::HostFacts owner = host({address(2, "192.0.2.10/24"), address(2, "192.0.2.11/24")});
  const Desired desired = resolve_here(assignment({web}), owner, {Role::kActive});
  CHECK(desired.routers[0].fitness == Fitness::kFit);
  CHECK(desired.routers[0].priority == vrrp::kOwner);
  CHECK(desired.addresses.empty());

  SUBCASE("it may speak from a virtual address when it has no other") {
    net::HostFacts bare = owner;
    std::erase_if(bare.addresses, [](const auto& a) { return a.prefix == prefix("192.0.2.1/24"); });
    CHECK(resolve_here(assignment({web}), bare).routers[0].primary == ip("192.0.2.10"));
  }
}

TEST_CASE("A VRID is used once per interface and family; the older router keeps it") {
  const std::vector<api::VirtualIp> two{vip("a", {"192.0.2.10"}, 7), vip("b", {"192.0.2.11"}, 7)};
  const Desired desired = resolve_here(assignment(two), host());
  CHECK(desired.routers[0].fitness == Fitness::kFit);
  CHECK(desired.routers[1].fitness == Fitness::kVridInUse);
  CHECK(desired.routers[1].culprit == 0);

  SUBCASE("older means there first, not first by name") {
    RouterIds ids;
    (void)make_assignment(specs({two[1]}), "lb-1", ids);
    const Assignment later = make_assignment(specs(two), "lb-1", ids);
    const Desired again = resolve_here(later, host());
    CHECK(later.vip_name(0) == "b");
    CHECK(again.routers[0].fitness == Fitness::kFit);
    CHECK(again.routers[1].fitness == Fitness::kVridInUse);
  }
  SUBCASE("another family is another virtual router") {
    const Desired families =
        resolve_here(assignment({two[0], vip("six", {"2001:db8::10"}, 7)}), host());
    CHECK(families.routers[1].fitness == Fitness::kFit);
  }
  SUBCASE("so is another interface, found by subnet or by name") {
    api::VirtualIp elsewhere = vip("b", {"198.51.100.10"}, 7);
    elsewhere.spec.interface.clear();
    CHECK(resolve_here(assignment({two[0], elsewhere}), host()).routers[1].fitness ==
          Fitness::kFit);
  }
}

TEST_CASE("A check that withdraws keeps the node out until it is known to pass") {
  api::VirtualIp web = vip("web", {"192.0.2.10"});
  web.spec.health_checks = {check("http"), check("disk")};
  using V = Verdict;
  CHECK(fitness_of(web, host(), {}) == Fitness::kHealthCheckPending);
  CHECK(fitness_of(web, host(), {{V::kHealthy, V::kUnknown}}) == Fitness::kHealthCheckPending);
  CHECK(fitness_of(web, host(), {{V::kUnknown, V::kUnhealthy}}) == Fitness::kHealthCheckFailing);
  CHECK(fitness_of(web, host(), {{V::kHealthy, V::kHealthy}}) == Fitness::kFit);
  const Desired failing =
      resolve_here(assignment({web}), host(), {}, {{V::kUnknown, V::kUnhealthy}});
  CHECK(failing.routers[0].culprit == 1);
}

TEST_CASE("Checks that lower the priority add up; the sum is kept, the priority stays in 1..254") {
  api::VirtualIp web = vip("web", {"192.0.2.10"});
  web.spec.priority = 100;
  web.spec.health_checks = {check("a", {api::OnFailure::Action::kLowerPriority, 60}),
                            check("b", {api::OnFailure::Action::kLowerPriority, 70})};
  const auto router = [&](Verdict a, Verdict b) {
    return resolve_here(assignment({web}), host(), {}, {{a, b}}).routers[0];
  };
  CHECK(router(Verdict::kHealthy, Verdict::kHealthy).priority.value == 100);
  CHECK(router(Verdict::kUnhealthy, Verdict::kHealthy).priority.value == 40);
  CHECK(router(Verdict::kUnhealthy, Verdict::kUnhealthy).priority.value == 1);
  CHECK(router(Verdict::kUnhealthy, Verdict::kUnhealthy).priority_sum == -30);
  CHECK(router(Verdict::kUnknown, Verdict::kHealthy).priority.value == 40);
  CHECK(router(Verdict::kUnhealthy, Verdict::kUnhealthy).fitness == Fitness::kFit);

  SUBCASE("an owner stays one") {
    web.spec.priority = 255;
    const net::HostFacts owner = host({address(2, "192.0.2.10/24")});
    const Desired desired =
        resolve_here(assignment({web}), owner, {}, {{Verdict::kUnhealthy, Verdict::kUnhealthy}});
    CHECK(desired.routers[0].priority == vrrp::kOwner);
  }
}

TEST_CASE("The families of a VIP are two routers that are fit together or not at all") {
  const Assignment both = assignment({vip("web", {"192.0.2.10/24", "2001:db8::10/64"})});
  REQUIRE(both.routers.size() == 2);
  CHECK(resolve_here(both, host()).routers[1].fitness == Fitness::kFit);

  net::HostFacts without_six = host();
  std::erase_if(without_six.addresses,
                [](const auto& a) { return a.prefix.address.family() == net::Family::kIpv6; });
  const Desired desired = resolve_here(both, without_six);
  CHECK(desired.routers[0].fitness == Fitness::kOtherFamilyInFault);
  CHECK(desired.routers[1].fitness == Fitness::kNoSourceAddress);
}

TEST_CASE("Item 13: the link-local address leads the list of an IPv6 router") {
  const Assignment six = assignment({vip("six", {"2001:db8::10/64", "fe80::10/64"})});
  CHECK(six.routers[0].settings.addresses.at(0).address == ip("fe80::10"));
  CHECK(six.routers[0].settings.addresses.at(1).address == ip("2001:db8::10"));
}

TEST_CASE("Item 55: addresses are wanted while the role is Active, and only then") {
  const Assignment both =
      assignment({vip("a", {"192.0.2.11/24", "192.0.2.10/32"}), vip("b", {"10.0.0.9/24"}, 52)});
  CHECK(resolve_here(both, host(), {Role::kBackup, Role::kInitialize}).addresses.empty());

  const Desired desired = resolve_here(both, host(), {Role::kActive, Role::kActive});
  REQUIRE(desired.addresses.size() == 3);
  CHECK(std::ranges::is_sorted(desired.addresses));
  CHECK(desired.addresses[0] ==
        DesiredAddress{{2}, prefix("10.0.0.9/24"), 1, 0, false, true, std::chrono::seconds(2)});
  CHECK(desired.addresses[1] ==
        DesiredAddress{{2}, prefix("192.0.2.10/32"), 0, 1, true, true, std::chrono::seconds(2)});
  CHECK(desired.addresses[2] ==
        DesiredAddress{{2}, prefix("192.0.2.11/24"), 0, 0, true, true, std::chrono::seconds(2)});

  SUBCASE("also while it is no longer fit: it resigns first") {
    net::HostFacts down = host();
    down.links[1].up = false;
    const Desired leaving = resolve_here(both, down, {Role::kActive, Role::kBackup});
    CHECK(leaving.routers[0].fitness == Fitness::kInterfaceDown);
    REQUIRE(leaving.addresses.size() == 2);
    CHECK_FALSE(leaving.addresses[0].add);
  }
  SUBCASE("not those that somebody else has put there") {
    const Desired foreign =
        resolve_here(both, host({address(2, "192.0.2.10/24")}), {Role::kActive, Role::kInitialize});
    REQUIRE(foreign.addresses.size() == 1);
    CHECK(foreign.addresses[0].prefix == prefix("192.0.2.11/24"));
  }
}

TEST_CASE("A router that is Active on another interface than it should be gets no addresses yet") {
  const Assignment web = assignment({vip("web", {"192.0.2.10"})});
  const std::vector<ReachedRole> elsewhere{{Role::kActive, {3}}};
  CHECK(resolve({web, host(), {}, elsewhere}).addresses.empty());
  const std::vector<ReachedRole> here{{Role::kActive, {2}}};
  CHECK(resolve({web, host(), {}, here}).addresses.size() == 1);
}

TEST_CASE("A node that stops is not fit for anything") {
  const Assignment web = assignment({vip("web", {"192.0.2.10"})});
  CHECK(resolve({web, host(), {}, {}, true}).routers[0].fitness == Fitness::kStopping);
  CHECK(resolve({web, host(), {}, {}, true, true}).routers[0].fitness == Fitness::kStopping);
  CHECK(resolve({web, host(), {}, {}, false, true}).routers[0].fitness == Fitness::kDrained);
}

}  // namespace
}  // namespace keelvip::reconcile
