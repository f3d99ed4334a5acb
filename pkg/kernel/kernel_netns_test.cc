// Writing addresses through the real rtnetlink, in network namespaces of its own.
#include <chrono>

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "pkg/kernel/kernel.h"
#include "pkg/kernel/netns_node.h"

namespace keelvip::kernel {

TEST_CASE("an added address is in the facts, ours, before its step is reported") {
  Node node;
  bool seen = false;
  node.kernel->apply(std::vector{node.step(net::StepKind::kAdd, "192.0.2.10/24"),
                                 node.step(net::StepKind::kAdd, "2001:db8::10/128")},
                     {.answered = [&](std::span<const net::StepDone> done) {
                       REQUIRE(done.size() == 2);
                       CHECK(done[0].outcome);
                       CHECK(done[1].outcome);
                       REQUIRE(node.find("192.0.2.10/24") != nullptr);
                       CHECK(node.find("192.0.2.10/24")->ours);
                       REQUIRE(node.find("2001:db8::10/128") != nullptr);
                       CHECK(node.find("2001:db8::10/128")->ours);
                       CHECK(node.kernel->take_changed());
                       seen = true;
                     }});
  CHECK(seen);

  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.find("192.0.2.10/24") == nullptr);
  const std::string shown = node.network.output_of("ip -o addr show dev eth0");
  CHECK(shown.find("192.0.2.10/24") == std::string::npos);
  CHECK(shown.find("2001:db8::10/128") != std::string::npos);
}

TEST_CASE(
    "what a chunk did is in the facts that its report comes with, told by the kernel or not") {
  // The kernel tells of an IPv6 address without duplicate detection some time after it is set.
  Node node;
  std::size_t reported = 0;
  node.kernel->apply(many(node, net::StepKind::kAdd, net::Family::kIpv6, 500),
                     {.answered = [&](std::span<const net::StepDone> done) {
                       reported += done.size();
                       const auto ours = std::ranges::count_if(node.kernel->facts().addresses,
                                                               &net::Address::ours);
                       CHECK(ours == static_cast<std::ptrdiff_t>(reported));
                     }});
  CHECK(reported == 500);
}

TEST_CASE("an added address has no broadcast address, and a host address is no source") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("2001:db8::10/128"));
  const std::string ipv4 = node.network.output_of("ip -o -4 addr show dev eth0");
  CHECK(ipv4.find("brd") == std::string::npos);
  const std::string ipv6 = node.network.output_of("ip -o -6 addr show dev eth0 to 2001:db8::10");
  CHECK(ipv6.find("nodad") != std::string::npos);
  CHECK(ipv6.find("valid_lft forever preferred_lft 0sec") != std::string::npos);
}

TEST_CASE("an IPv6 address is usable at once although the link does duplicate detection") {
  Node node;
  REQUIRE(node.add("2001:db8::10/64"));
  REQUIRE(node.find("2001:db8::10/64") != nullptr);
  CHECK(node.find("2001:db8::10/64")->usable);

  // Long enough to be seen on a busy machine.
  node.network.shell("echo 4 > /proc/sys/net/ipv6/conf/eth0/dad_transmits");
  node.network.ip("addr add 2001:db8::99/64 dev eth0");
  REQUIRE(node.await_address("2001:db8::99/64"));
  CHECK_FALSE(node.find("2001:db8::99/64")->usable);
  CHECK(node.await([&](const auto&) { return node.find("2001:db8::99/64")->usable; }));
}

TEST_CASE("an address without route brings no connected route") {
  Node node;
  net::AddressStep add = node.step(net::StepKind::kAdd, "192.0.2.10/24");
  add.without_route = true;
  CHECK(node.apply({add}).at(0).outcome);
  CHECK(node.network.output_of("ip route show dev eth0").find("192.0.2.0/24") == std::string::npos);
}

TEST_CASE("the leftovers of a killed agent are recognised and removed") {
  Node node;
  node.network.ip("addr add 192.0.2.1/24 dev eth0");
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("2001:db8::10/128"));

  node.kernel.reset();  // killed: nothing is cleaned up
  node.kernel.emplace(node.open());
  CHECK_FALSE(node.find("192.0.2.1/24")->ours);
  CHECK(node.find("192.0.2.10/24")->ours);
  CHECK(node.find("2001:db8::10/128")->ours);
  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.remove("2001:db8::10/128"));
  CHECK(node.find("192.0.2.10/24") == nullptr);
}

TEST_CASE("adding twice is a success, adding what somebody else has is an error") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  CHECK(node.add("192.0.2.10/24"));

  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  node.network.ip("addr add 2001:db8::20/64 dev eth0 nodad");
  for (const std::string_view prefix : {"192.0.2.20/24", "2001:db8::20/64"}) {
    const auto outcome = node.add(prefix);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == base::ErrorCode::kReport);
    CHECK(outcome.error().message.find(
              fmt::format("add {} to eth0: somebody else has configured {}", prefix, prefix)) == 0);
  }
}

TEST_CASE("a foreign address is never removed, a missing one counts as removed") {
  Node node;
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.20/24"));
  const auto outcome = node.remove("192.0.2.20/24");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == base::ErrorCode::kReport);
  CHECK(node.network.output_of("ip addr show dev eth0").find("192.0.2.20/24") != std::string::npos);
  CHECK(node.remove("192.0.2.99/24"));
}

TEST_CASE("an address that somebody deletes is told of and can be put back") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  (void)node.kernel->take_changed();
  node.network.ip("addr del 192.0.2.10/24 dev eth0");
  CHECK(node.await_address("192.0.2.10/24", false));
  CHECK(node.kernel->take_changed());
  CHECK(node.add("192.0.2.10/24"));
}

TEST_CASE("removing a primary leaves foreign secondaries") {
  Node node;
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/all/promote_secondaries");
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries");
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.20/24"));
  CHECK(node.find("192.0.2.20/24")->secondary);

  CHECK(node.remove("192.0.2.10/24"));
  REQUIRE(node.find("192.0.2.20/24") != nullptr);
  CHECK_FALSE(node.find("192.0.2.20/24")->secondary);
  CHECK(node.network.output_of("ip addr show dev eth0").find("192.0.2.20/24") != std::string::npos);
}

TEST_CASE("a killed agent's primary leaves foreign secondaries too") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  node.network.shell("echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries");
  node.kernel.emplace(node.open());
  CHECK(node.remove("192.0.2.10/24"));
  CHECK(node.find("192.0.2.20/24") != nullptr);
}

TEST_CASE("what the kernel refuses is told with number and text") {
  Node node;
  node.network.shell("echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
  const auto outcome = node.add("2001:db8::10/64");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == base::ErrorCode::kReport);
  CHECK(outcome.error().message.find("add 2001:db8::10/64 to eth0: Permission denied (EACCES): ") ==
        0);
  CHECK(outcome.error().message.find("IPv6 is disabled") != std::string::npos);

  net::AddressStep nowhere = node.step(net::StepKind::kAdd, "192.0.2.1/24");
  nowhere.interface = {4711};
  const auto absent = node.apply({nowhere}).at(0).outcome;
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == base::ErrorCode::kRetry);
  CHECK(absent.error().message.find("No such device (ENODEV)") != std::string::npos);
}

TEST_CASE("one refused step does not stop the others of its batch") {
  Node node;
  auto steps = many(node, net::StepKind::kAdd, net::Family::kIpv4, 100);
  steps[50].interface = {4711};
  const auto done = node.apply(steps);
  CHECK(failures(done) == 1);
  CHECK_FALSE(done[50].outcome);
  CHECK(node.kernel->facts().addresses.size() >= 99);
}

TEST_CASE("steps about one address happen in their order") {
  Node node;
  const auto add = node.step(net::StepKind::kAdd, "192.0.2.10/24");
  const auto removal = node.step(net::StepKind::kRemove, "192.0.2.10/24");
  CHECK(failures(node.apply({add, removal})) == 0);
  CHECK(node.find("192.0.2.10/24") == nullptr);
  CHECK(failures(node.apply({add, removal, add})) == 0);
  CHECK(node.find("192.0.2.10/24") != nullptr);
}

TEST_CASE("a thousand addresses are set within a fraction of a failover") {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    Node node;
    for (const net::StepKind kind : {net::StepKind::kAdd, net::StepKind::kRemove}) {
      const auto steps = many(node, kind, family, 1000);
      std::optional<Milliseconds> first;
      std::size_t done = 0;
      const auto begun = std::chrono::steady_clock::now();
      node.kernel->apply(steps, {.answered = [&](std::span<const net::StepDone> chunk) {
                           first = first.value_or(std::chrono::steady_clock::now() - begun);
                           done += chunk.size() - failures({chunk.begin(), chunk.end()});
                         }});
      const Milliseconds all = std::chrono::steady_clock::now() - begun;
      CHECK(done == 1000);
      MESSAGE(fmt::format("{} 1,000 {}: {:.1f} ms, the first chunk after {:.1f} ms",
                          kind == net::StepKind::kAdd ? "add" : "remove", to_string(family),
                          all.count(), first->count()));
    }
  }
}

TEST_CASE("removing a primary first does not promote its secondaries one by one") {
  Node node;
  std::vector<net::AddressStep> steps;
  steps.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    steps.push_back(
        node.step(net::StepKind::kAdd, fmt::format("10.1.{}.{}/16", i / 250, i % 250 + 1)));
  }
  REQUIRE(failures(node.apply(steps)) == 0);
  for (net::AddressStep& step : steps) {
    step.kind = net::StepKind::kRemove;
  }
  const std::size_t before = node.kernel->facts().addresses.size();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(failures(node.apply(steps)) == 0);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begun;
  CHECK(node.kernel->facts().addresses.size() == before - 1000);
  MESSAGE(fmt::format("removed 1,000 addresses of one network in {:.1f} ms", taken.count()));
}

TEST_CASE("an ordinary user can read but not write, and is told so") {
  constexpr uid_t kNobody = 65534;
  Node node;
  std::optional<Kernel> kernel;
  std::vector<net::StepDone> done;
  node.network.inside([&] {
    REQUIRE(::seteuid(kNobody) == 0);
    if (auto opened = Kernel::open()) {
      kernel.emplace(std::move(*opened));
      kernel->apply(std::vector{node.step(net::StepKind::kAdd, "192.0.2.10/24")},
                    {.answered = [&done](std::span<const net::StepDone> chunk) {
                      done.assign(chunk.begin(), chunk.end());
                    }});
    }
    REQUIRE(::seteuid(0) == 0);
  });
  REQUIRE(kernel);
  CHECK(kernel->facts().links == node.kernel->facts().links);
  REQUIRE(done.size() == 1);
  REQUIRE_FALSE(done[0].outcome);
  CHECK(done[0].outcome.error().code == base::ErrorCode::kReport);
  CHECK(done[0].outcome.error().message.find("Operation not permitted (EPERM)") !=
        std::string::npos);
}

TEST_CASE("the removals are all that is ours, and nothing that would take others along") {
  Node node;
  node.network.ip("address add 198.51.100.1/24 dev eth0");
  REQUIRE(node.add("192.0.2.10/24"));
  REQUIRE(node.add("203.0.113.7/32"));
  REQUIRE(node.add("2001:db8::10/64"));
  const auto prefixes = [&] {
    std::vector<std::string> all;
    for (const net::AddressStep& step : node.kernel->removals()) {
      CHECK(step.kind == net::StepKind::kRemove);
      CHECK(step.interface == node.index());
      all.push_back(step.prefix.to_string());
    }
    std::ranges::sort(all);
    return all;
  };
  CHECK(prefixes() ==
        std::vector<std::string>{"192.0.2.10/24", "2001:db8::10/64", "203.0.113.7/32"});

  // Somebody's address depends on ours, and somebody has switched promotion off again.
  node.network.ip("address add 192.0.2.11/24 dev eth0");
  node.network.shell("echo 0 >/proc/sys/net/ipv4/conf/eth0/promote_secondaries");
  node.network.shell("echo 0 >/proc/sys/net/ipv4/conf/all/promote_secondaries");
  REQUIRE(node.kernel->resync());
  REQUIRE(node.await_address("192.0.2.11/24"));
  CHECK(prefixes() == std::vector<std::string>{"2001:db8::10/64", "203.0.113.7/32"});
}

TEST_CASE("what is being added is among the removals before the kernel has it") {
  Node node;
  node.network.ip("address add 192.0.2.9/24 dev eth0");
  REQUIRE(node.await_address("192.0.2.9/24"));
  REQUIRE(node.add("192.0.2.10/24"));
  const std::vector steps{node.step(net::StepKind::kAdd, "192.0.2.9/24"),
                          node.step(net::StepKind::kAdd, "192.0.2.10/24"),
                          node.step(net::StepKind::kAdd, "192.0.2.11/24"),
                          node.step(net::StepKind::kAdd, "2001:db8::11/128")};
  const auto removals = [&] {
    std::vector<std::string> all;
    for (const net::AddressStep& step : node.kernel->removals()) {
      all.push_back(step.prefix.to_string());
    }
    std::ranges::sort(all);
    return all;
  };
  const std::vector<std::string> all_but_the_foreign{"192.0.2.10/24", "192.0.2.11/24",
                                                     "2001:db8::11/128"};
  std::vector<std::string> before;
  node.kernel->apply(
      steps,
      {.adds =
           [&] {
             before = removals();
             const std::string shown = node.network.output_of("ip -o addr show dev eth0");
             CHECK(shown.find("192.0.2.11/24") == std::string::npos);
           },
       .answered =
           [&](std::span<const net::StepDone>) { CHECK(removals() == all_but_the_foreign); }});
  CHECK(before == all_but_the_foreign);
  CHECK(removals() == all_but_the_foreign);

  // What could not be added is no longer counted, and a batch that adds nothing is not announced.
  net::AddressStep nowhere = node.step(net::StepKind::kAdd, "192.0.2.12/24");
  nowhere.interface = {9999};
  CHECK(failures(node.apply({nowhere})) == 1);
  CHECK(removals() == all_but_the_foreign);
  node.kernel->apply(std::vector{node.step(net::StepKind::kRemove, "192.0.2.10/24")},
                     {.adds = [] { FAIL("nothing is added"); },
                      .answered = [](std::span<const net::StepDone>) {}});
}

TEST_CASE("a lent address lapses by itself, and one that is renewed stays") {
  Node node;
  const auto lent = [&](net::StepKind kind, std::string_view prefix) {
    net::AddressStep step = node.step(kind, prefix);
    step.lifetime = std::chrono::seconds(1);
    return step;
  };
  const std::vector adds{
      lent(net::StepKind::kAdd, "192.0.2.10/24"), lent(net::StepKind::kAdd, "192.0.2.11/24"),
      lent(net::StepKind::kAdd, "2001:db8::10/64"), lent(net::StepKind::kAdd, "2001:db8::11/128")};
  REQUIRE(failures(node.apply(adds)) == 0);
  net::AddressStep for_ever = node.step(net::StepKind::kRenew, "192.0.2.11/24");
  net::AddressStep six = node.step(net::StepKind::kRenew, "2001:db8::11/128");
  REQUIRE(failures(node.apply({for_ever, six})) == 0);
  const auto gone = [&](std::string_view prefix) {
    REQUIRE(node.kernel->read_notifications());
    return node.find(prefix) == nullptr;
  };
  for (int i = 0; i < 100 && !(gone("192.0.2.10/24") && gone("2001:db8::10/64")); ++i) {
    pollfd news{node.kernel->fd(), POLLIN, 0};
    ::poll(&news, 1, 100);
  }
  CHECK(gone("192.0.2.10/24"));
  CHECK(gone("2001:db8::10/64"));
  CHECK_FALSE(gone("192.0.2.11/24"));
  CHECK_FALSE(gone("2001:db8::11/128"));
  CHECK(node.find("192.0.2.11/24")->ours);
}

TEST_CASE(
    "a renewal changes nothing in the facts, and leaves alone what is not ours or not there") {
  Node node;
  REQUIRE(node.add("192.0.2.10/24"));
  node.network.ip("addr add 192.0.2.20/24 dev eth0");
  REQUIRE(node.kernel->read_notifications());
  (void)node.kernel->take_changed();
  net::AddressStep ours = node.step(net::StepKind::kRenew, "192.0.2.10/24");
  ours.lifetime = std::chrono::seconds(60);
  net::AddressStep foreign = node.step(net::StepKind::kRenew, "192.0.2.20/24");
  foreign.lifetime = std::chrono::seconds(60);
  net::AddressStep missing = node.step(net::StepKind::kRenew, "192.0.2.30/24");
  missing.lifetime = std::chrono::seconds(60);
  CHECK(failures(node.apply({ours, foreign, missing})) == 0);
  CHECK_FALSE(node.kernel->take_changed());
  const std::string shown = node.network.output_of("ip -o -4 addr show dev eth0");
  CHECK(shown.find("192.0.2.30") == std::string::npos);
  const std::string theirs = node.network.output_of("ip -o addr show dev eth0 to 192.0.2.20");
  CHECK(theirs.find("valid_lft forever") != std::string::npos);
}

}  // namespace keelvip::kernel
