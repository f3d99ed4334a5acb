#include "pkg/reconcile/plan.h"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "pkg/reconcile/resolve.h"
#include "pkg/reconcile/scenario.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using net::StepKind;
using vrrp::Role;

Plan plan_for(const Assignment& assignment, const net::HostFacts& facts,
              const std::vector<Role>& roles, std::span<const HeldAddress> held = {}) {
  const std::vector<ReachedRole> reached = wherever(roles);
  const Desired desired = resolve({assignment, facts, {}, reached});
  return make_plan(assignment, desired, {facts, held});
}

/// What the kernel would do with a step.
void apply(net::HostFacts& facts, const net::AddressStep& step) {
  const auto at_place = [&](const net::Address& a) {
    return a.interface == step.interface && a.prefix == step.prefix;
  };
  if (step.kind == StepKind::kRemove) {
    std::erase_if(facts.addresses, [&](const auto& a) { return a.ours && at_place(a); });
  } else if (std::ranges::none_of(facts.addresses, at_place)) {
    facts.addresses.push_back({step.interface, step.prefix, true});
    sort_addresses(facts);
  }
}

TEST_CASE("Becoming Active puts the addresses on, losing the role takes them off") {
  const Assignment web = assignment({vip("web", {"192.0.2.10/24", "192.0.2.11"})});
  net::HostFacts facts = host();
  const Plan up = plan_for(web, facts, {Role::kActive});
  CHECK(to_text(up, web, facts) ==
        "+ 192.0.2.10/24 on eth0  web: RoleIsActive\n"
        "+ 192.0.2.11/32 on eth0  web: RoleIsActive\n");
  for (const Step& step : up.steps) {
    apply(facts, step.change);
  }
  CHECK(to_text(plan_for(web, facts, {Role::kActive}), web, facts) == "Nothing to change.\n");
  CHECK(to_text(plan_for(web, facts, {Role::kBackup}), web, facts) ==
        "- 192.0.2.10/24 on eth0  web: RoleIsNotActive\n"
        "- 192.0.2.11/32 on eth0  web: RoleIsNotActive\n");
}

TEST_CASE("Leftovers of an agent that was killed go, those of nobody we know too") {
  const Assignment web = assignment({vip("web", {"192.0.2.10/24"})});
  const net::HostFacts facts =
      host({address(2, "192.0.2.10/24", true), address(3, "203.0.113.9/32", true)});
  CHECK(to_text(plan_for(web, facts, {}), web, facts) ==
        "- 192.0.2.10/24 on eth0  web: RoleIsNotActive\n"
        "- 203.0.113.9/32 on eth1  NotAVirtualAddress\n");
}

TEST_CASE("An address of ours with a wrong length or on a wrong interface moves") {
  const Assignment web = assignment({vip("web", {"192.0.2.10/24"})});
  SUBCASE("wrong length") {
    const net::HostFacts facts = host({address(2, "192.0.2.10/32", true)});
    CHECK(to_text(plan_for(web, facts, {Role::kActive}), web, facts) ==
          "- 192.0.2.10/32 on eth0  web: WrongPrefixLength\n"
          "+ 192.0.2.10/24 on eth0  web: RoleIsActive\n");
  }
  SUBCASE("wrong interface") {
    const net::HostFacts facts = host({address(3, "192.0.2.10/24", true)});
    CHECK(to_text(plan_for(web, facts, {Role::kActive}), web, facts) ==
          "- 192.0.2.10/24 on eth1  web: WrongInterface\n"
          "+ 192.0.2.10/24 on eth0  web: RoleIsActive\n");
  }
}

TEST_CASE("The connected route is left out where an address of the host brings it") {
  const Assignment web = assignment(
      {vip("web", {"192.0.2.10/24", "192.0.2.130/25", "203.0.113.5/24", "10.0.0.1/32"})});
  std::vector<std::pair<std::string, bool>> without_route;
  for (const Step& step : plan_for(web, host(), {Role::kActive}).steps) {
    without_route.emplace_back(step.change.prefix.to_string(), step.change.without_route);
  }
  CHECK(without_route == std::vector<std::pair<std::string, bool>>{{"10.0.0.1/32", true},
                                                                   {"192.0.2.10/24", true},
                                                                   {"192.0.2.130/25", true},
                                                                   {"203.0.113.5/24", false}});
}

TEST_CASE("A router that is about to resign keeps its addresses, but gets none any more") {
  const Assignment web = assignment({vip("web", {"192.0.2.10/24", "192.0.2.11/24"})});
  net::HostFacts facts = host({address(2, "192.0.2.10/24", true)});
  facts.links[1].up = false;
  CHECK(plan_for(web, facts, {Role::kActive}) == Plan{});
}

TEST_CASE("While a step for an address is under way, nothing else happens to that address") {
  const Assignment web = assignment({vip("web", {"192.0.2.10/24", "192.0.2.11/24"})});
  const std::array held{HeldAddress{{2}, ip("192.0.2.10")}};
  const net::HostFacts facts = host();
  CHECK(to_text(plan_for(web, facts, {Role::kActive}, held), web, facts) ==
        "+ 192.0.2.11/24 on eth0  web: RoleIsActive\n"
        "+ 192.0.2.10/24 on eth0  web: RoleIsActive (waiting)\n");
  const net::HostFacts leftover = host({address(2, "192.0.2.10/24", true)});
  CHECK(plan_for(web, leftover, {Role::kBackup}, held).steps.empty());
}

/// Whole numbers below `bound` from a fixed seed; the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }

 private:
  std::mt19937 engine_;
};

std::string some_address(Dice& dice) {
  const std::string host_part = std::to_string(1 + dice.below(12));
  switch (dice.below(3)) {
    case 0:
      return "192.0.2." + host_part + (dice.below(2) == 0 ? "/24" : "/32");
    case 1:
      return "198.51.100." + host_part + (dice.below(2) == 0 ? "/24" : "/28");
    default:
      return "2001:db8::" + host_part + (dice.below(2) == 0 ? "/64" : "/128");
  }
}

net::HostFacts some_host(Dice& dice) {
  net::HostFacts facts = host();
  for (std::uint32_t i = dice.below(10); i > 0; --i) {
    const net::Address candidate =
        address(2 + dice.below(2), some_address(dice), dice.below(2) == 0);
    const bool taken = std::ranges::any_of(facts.addresses, [&](const net::Address& a) {
      return a.interface == candidate.interface && a.prefix.address == candidate.prefix.address;
    });
    if (!taken) {
      facts.addresses.push_back(candidate);
    }
  }
  sort_addresses(facts);
  return facts;
}

std::vector<api::VirtualIp> some_specs(Dice& dice) {
  std::vector<api::VirtualIp> accepted;
  std::vector<net::IpAddress> used;
  for (std::uint32_t i = 0; i < 1 + dice.below(4); ++i) {
    api::VirtualIp resource = vip("vip-" + std::to_string(i), {}, static_cast<std::uint8_t>(i + 1));
    for (std::uint32_t tries = 1 + dice.below(3); tries > 0; --tries) {
      const net::Prefix candidate = prefix(some_address(dice));
      if (std::ranges::find(used, candidate.address) == used.end()) {
        used.push_back(candidate.address);
        resource.spec.addresses.push_back(candidate);
      }
    }
    resource.spec.interface = dice.below(2) == 0 ? "eth0" : "eth1";
    resource.spec.priority = dice.below(5) == 0 ? 255 : 100;
    if (!resource.spec.addresses.empty()) {
      accepted.push_back(std::move(resource));
    }
  }
  return accepted;
}

std::vector<net::Address> foreign_of(const net::HostFacts& facts) {
  std::vector<net::Address> foreign;
  std::ranges::copy_if(facts.addresses, std::back_inserter(foreign),
                       [](const net::Address& a) { return !a.ours; });
  return foreign;
}

TEST_CASE("Whatever the host looks like, one plan makes it as desired and spares what is foreign") {
  for (std::uint32_t seed = 0; seed < 5000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Assignment specs = assignment(some_specs(dice));
    net::HostFacts facts = some_host(dice);
    std::vector<Role> roles;
    for (std::size_t i = 0; i < specs.routers.size(); ++i) {
      roles.push_back(dice.below(2) == 0 ? Role::kActive : Role::kBackup);
    }
    const net::HostFacts before = facts;
    const std::vector<ReachedRole> reached = wherever(roles);
    const Desired desired = resolve({specs, facts, {}, reached});
    for (const Step& step : make_plan(specs, desired, {facts}).steps) {
      apply(facts, step.change);
    }
    std::vector<std::pair<net::InterfaceIndex, net::Prefix>> ours;
    for (const net::Address& a : facts.addresses) {
      if (a.ours) {
        ours.emplace_back(a.interface, a.prefix);
      }
    }
    std::vector<std::pair<net::InterfaceIndex, net::Prefix>> wanted;
    for (const DesiredAddress& a : desired.addresses) {
      const net::Address there{a.interface, a.prefix, true};
      if (a.add || std::ranges::find(before.addresses, there) != before.addresses.end()) {
        wanted.emplace_back(a.interface, a.prefix);
      }
    }
    REQUIRE(ours == wanted);
    REQUIRE(foreign_of(facts) == foreign_of(before));
    REQUIRE(plan_for(specs, facts, roles) == Plan{});
  }
}

}  // namespace
}  // namespace keelvip::reconcile
