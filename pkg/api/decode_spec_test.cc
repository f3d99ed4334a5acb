#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pkg/api/sample_documents.h"

namespace keelvip::api {
namespace {

std::string with_addresses(std::string_view list) {
  return with_spec(
      fmt::format(R"({{"addresses": [{}], "interface": "eth0", "virtualRouterID": 10}})", list));
}

bool accepted(const std::string& text) {
  return faults(text).empty();
}

}  // namespace

TEST_CASE("conformance 14: numbers out of range are refused") {
  for (const char* spec :
       {R"("virtualRouterID": 0)", R"("virtualRouterID": 256)", R"("virtualRouterID": -1)",
        R"("virtualRouterID": 1.5)", R"("virtualRouterID": 99999999999999999999)",
        R"("virtualRouterID": true)"}) {
    CAPTURE(spec);
    CHECK(fault(with_spec(fmt::format(R"({{"addresses": ["192.0.2.1/24"], {}}})", spec)))
              .starts_with("spec.virtualRouterID: must be a whole number from 1 to 255"));
  }
  for (const char* field :
       {R"("priority": 0)", R"("priority": 256)", R"("vrrpVersion": 1)", R"("vrrpVersion": 4)",
        R"("nodes": [{"name": "a", "priority": 0}])", R"("announce": {"burstCount": 0})",
        R"("announce": {"burstIntervalMilliseconds": 1001})",
        R"("announce": {"secondBurstDelayMilliseconds": -1})",
        R"("lease": {"durationSeconds": -1})", R"("lease": {"durationSeconds": 86401})",

        R"("announce": {"refreshSeconds": 86401})"}) {
    CAPTURE(field);
    CHECK(fault(with_fields(field)).find("must be a whole number from") != std::string::npos);
  }
}

TEST_CASE("conformance 14: an interval fits what its version can say") {
  const auto interval = [](int version, int milliseconds) {
    return with_fields(fmt::format(R"("vrrpVersion": {}, "advertIntervalMilliseconds": {})",
                                   version, milliseconds));
  };
  for (const int good : {10, 100, 40950}) {
    CHECK(accepted(interval(3, good)));
  }
  for (const int good : {1000, 255'000}) {
    CHECK(accepted(interval(2, good)));
  }
  CHECK(fault(interval(3, 15)) ==
        "spec.advertIntervalMilliseconds: must be a multiple of 10 from 10 to 40950 (VRRP version "
        "3 counts in hundredths of a second), not 15");
  CHECK(fault(interval(2, 1500)) ==
        "spec.advertIntervalMilliseconds: must be a multiple of 1000 from 1000 to 255000 (VRRP "
        "version 2 counts in whole seconds), not 1500");
  for (const int bad : {0, -10, 40960}) {
    CHECK_FALSE(accepted(interval(3, bad)));
  }
  for (const int bad : {0, 10, 256'000}) {
    CHECK_FALSE(accepted(interval(2, bad)));
  }
  CHECK(fault(interval(4, 100)) == "spec.vrrpVersion: must be a whole number from 2 to 3, not 4");
}

TEST_CASE("conformance 14: version 2 is IPv4 only, and authentication is version 2 only") {
  CHECK(fault(with_spec(R"({"addresses": ["2001:db8::1/64"], "virtualRouterID": 1,
                            "vrrpVersion": 2})")) ==
        "spec.vrrpVersion: 2 is for IPv4 addresses only: use version 3");
  CHECK(fault(with_fields(R"("authentication": {"type": "SimpleText", "password": "x"})")) ==
        "spec.authentication: is only for vrrpVersion 2: VRRP version 3 has no authentication");
  CHECK(fault(with_fields(R"("vrrpVersion": 2, "checksumIPv4": "RFC9568")")) ==
        "spec.checksumIPv4: is only for vrrpVersion 3: version 2 has one form");
  CHECK(decoded(with_fields(R"("checksumIPv4": "PseudoHeader")")).spec.checksum_ipv4 ==
        ChecksumIpv4::kPseudoHeader);
}

TEST_CASE("an address is the unicast address of a host") {
  for (const char* good :
       {"192.0.2.1", "192.0.2.1/24", "10.0.0.0/32", "10.0.0.0/31", "10.0.0.255/32",
        "169.254.1.1/16", "2001:db8::1/64", "2001:db8::/128", "2001:db8::/127", "fe80::1/64"}) {
    CAPTURE(good);
    CHECK(accepted(with_addresses(fmt::format("\"{}\"", good))));
  }
  for (const char* bad : {"",
                          "x",
                          "192.0.2",
                          "192.0.2.01",
                          "192.0.2.1/33",
                          "192.0.2.1/0",
                          "192.0.2.0/24",
                          "192.0.2.255/24",
                          "224.0.0.18",
                          "255.255.255.255",
                          "0.0.0.0",
                          "127.0.0.1",
                          "240.0.0.1",
                          "::",
                          "::1",
                          "ff02::12",
                          "::ffff:192.0.2.1",
                          "2001:db8::/64",
                          "fe80::1%eth0",
                          "2001:db8::1/129",
                          "web.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepted(with_addresses(fmt::format("\"{}\"", bad))));
  }
  CHECK(fault(with_addresses("\"192.0.2.0/24\"")) ==
        "spec.addresses[0]: 192.0.2.0/24 is the network itself, not an address in it");
  CHECK(fault(with_addresses("\"224.0.0.18\"")) ==
        "spec.addresses[0]: must be a unicast address that other hosts can reach, not 224.0.0.18");
  CHECK(fault(with_addresses("5")) ==
        "spec.addresses[0]: must be a string, not a number: put it in quotes");
}

TEST_CASE("conformance 13: no address twice, whatever its prefix") {
  CHECK(fault(with_addresses(R"("192.0.2.1/24", "192.0.2.2/24", "192.0.2.1")")) ==
        "spec.addresses[2]: 192.0.2.1 is in the list already, as spec.addresses[0]");
}

TEST_CASE("conformance 13: the link-local address comes first among the IPv6 ones") {
  const VirtualIp vip = decoded(with_addresses(
      R"("192.0.2.1/24", "2001:db8::1/64", "2001:db8::2/64", "fe80::1/64", "192.0.2.2/24")"));
  std::vector<std::string> order;
  for (const net::Prefix& prefix : vip.spec.addresses) {
    order.push_back(prefix.to_string());
  }
  CHECK(order == std::vector<std::string>{"192.0.2.1/24", "fe80::1/64", "2001:db8::1/64",
                                          "2001:db8::2/64", "192.0.2.2/24"});
}

TEST_CASE("conformance 14: the addresses fit one advert") {
  const auto many = [](std::size_t v4, std::size_t v6) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < v4; ++i) {
      list.push_back(fmt::format("\"10.0.{}.{}\"", i / 200, 1 + i % 200));
    }
    for (std::size_t i = 0; i < v6; ++i) {
      list.push_back(fmt::format("\"2001:db8::{:x}\"", i + 1));
    }
    return with_addresses(fmt::format("{}", fmt::join(list, ", ")));
  };
  CHECK(accepted(many(255, 90)));
  CHECK(fault(many(256, 0)) ==
        "spec.addresses: has 256 IPv4 and 0 IPv6 addresses, but an advert holds at most 255 and "
        "90: use several VirtualIPs");
  CHECK_FALSE(accepted(many(0, 91)));
  CHECK_FALSE(accepted(many(255, 91)));
}

TEST_CASE("link-local addresses alone need an interface") {
  CHECK(fault(with_spec(R"({"addresses": ["fe80::1/64"], "virtualRouterID": 1})")) ==
        "spec.interface: is required when every address is link-local: no subnet tells which it "
        "is");
}

TEST_CASE("an interface name is one that the kernel takes") {
  const auto named = [](const std::string& name) {
    return accepted(with_spec(fmt::format(
        R"({{"addresses": ["192.0.2.1/24"], "virtualRouterID": 1, "interface": "{}"}})", name)));
  };
  for (const char* good : {"eth0", "enp3s0f1np1", "br-lan", "bond0.100", "exactly15bytes_"}) {
    CAPTURE(good);
    CHECK(named(good));
  }
  for (const char* bad : {"", ".", "..", "a/b", "a b", "eth0:1", "sixteen-bytes-xx", "ëth0"}) {
    CAPTURE(bad);
    CHECK_FALSE(named(bad));
  }
}

TEST_CASE("preemption may wait, but only when it is delayed") {
  CHECK(decoded(with_fields(R"("preemption": {"mode": "Never"})")).spec.preemption.mode ==
        Preemption::Mode::kNever);
  CHECK(fault(with_fields(R"("preemption": {"mode": "Delayed"})")) ==
        "spec.preemption.delaySeconds: is required with mode Delayed");
  CHECK(fault(with_fields(R"("preemption": {"delaySeconds": 5})")) ==
        "spec.preemption.delaySeconds: is only for mode Delayed");
  CHECK(fault(with_fields(R"("preemption": {"mode": "delayed", "delaySeconds": 5})")) ==
        "spec.preemption.mode: must be one of Immediate, Delayed, Never, not \"delayed\"; did you "
        "mean \"Delayed\"?");
  CHECK(fault(with_fields(R"("preemption": {"mode": "Delayed", "delaySeconds": 1001})"))
            .starts_with("spec.preemption.delaySeconds: must be a whole number from 1 to 1000"));
  CHECK(fault(with_fields(R"("preemption": "Never")")) ==
        "spec.preemption: must be an object, not a string");
}

TEST_CASE("the nodes are named once, and one at most owns the addresses") {
  CHECK(fault(with_fields(R"("nodes": [])")) ==
        "spec.nodes: must name a node; leave it out if every node may hold the VIP");
  CHECK(fault(with_fields(R"("nodes": [{"name": "a"}, {"name": "b"}, {"name": "a"}])")) ==
        "spec.nodes[2].name: node \"a\" is in the list already, as spec.nodes[0]");
  CHECK(accepted(with_fields(R"("nodes": [{"name": "a", "priority": 255}, {"name": "B_1.x"}])")));
  CHECK(fault(with_fields(R"("nodes": [{"name": "a", "priority": 255},
                                       {"name": "b", "priority": 255}])")) ==
        "spec.nodes[1].priority: 255 means that the node owns the addresses, and spec.nodes[0] "
        "does already");
  CHECK(fault(with_fields(R"("nodes": [{}])")) == "spec.nodes[0].name: is required");
}

TEST_CASE("a number that is not whole is named") {
  CHECK(fault(with_fields(R"("priority": 5.5)")) ==
        "spec.priority: must be a whole number from 1 to 255, not 5.5");
  CHECK(fault(with_fields(R"("priority": 1e2)")) ==
        "spec.priority: must be a whole number from 1 to 255, not 100.0");
}

TEST_CASE("the name of a node starts and ends with a letter or digit") {
  for (const char* name : {"", "-", ".", "_", "a-", ".a", "a b"}) {
    CAPTURE(name);
    CHECK(fault(with_fields(fmt::format(R"("nodes": [{{"name": "{}"}}])", name))) ==
          "spec.nodes[0].name: must be the name of a node: letters, digits, \"-\", \".\" and "
          "\"_\", starting and ending with a letter or digit");
  }
}

}  // namespace keelvip::api
