#include "pkg/kernel/facts_table.h"

#include <doctest/doctest.h>

namespace keelvip::kernel {
namespace {

constexpr net::InterfaceIndex kEth0{2};
constexpr net::InterfaceIndex kEth1{3};

LinkMessage link(net::InterfaceIndex index, std::string name) {
  LinkMessage message;
  message.index = index;
  message.name = std::move(name);
  message.ethernet = message.up = message.running = true;
  return message;
}

AddressMessage address(net::InterfaceIndex interface, std::string_view text,
                       std::uint8_t protocol = 0) {
  const auto prefix = net::Prefix::parse(text).value();
  return {{interface, prefix, prefix.address}, {.protocol = protocol}};
}

}  // namespace

TEST_CASE("facts are sorted and tell which addresses are ours") {
  FactsTable table;
  table.put(link(kEth1, "eth1"));
  table.put(link(kEth0, "eth0"));
  table.put(address(kEth1, "192.0.2.1/24"));
  table.put(address(kEth0, "192.0.2.9/24", kOwnerProtocol));
  table.put(address(kEth0, "192.0.2.8/24"));

  const net::HostFacts facts = table.to_facts(OwnerMark::kProtocol);
  REQUIRE(facts.links.size() == 2);
  CHECK(facts.find_link(kEth0)->name == "eth0");
  CHECK(facts.find_link("eth1")->index == kEth1);
  REQUIRE(facts.addresses.size() == 3);
  CHECK(facts.addresses[0].prefix.to_string() == "192.0.2.8/24");
  CHECK_FALSE(facts.addresses[0].ours);
  CHECK(facts.addresses[1].ours);
  CHECK(facts.addresses[2].interface == kEth1);
}

TEST_CASE("a rename keeps the index and the addresses") {
  FactsTable table;
  table.put(link(kEth0, "eth0"));
  table.put(address(kEth0, "192.0.2.9/24"));
  CHECK(table.put(link(kEth0, "lan")));
  const net::HostFacts facts = table.to_facts(OwnerMark::kProtocol);
  CHECK(facts.find_link("eth0") == nullptr);
  CHECK(facts.find_link("lan")->index == kEth0);
  CHECK(facts.addresses.size() == 1);
}

TEST_CASE("a link that goes takes its addresses along") {
  FactsTable table;
  table.put(link(kEth0, "eth0"));
  table.put(link(kEth1, "eth1"));
  table.put(address(kEth0, "192.0.2.9/24"));
  table.put(address(kEth1, "192.0.2.1/24"));
  CHECK(table.remove_link(kEth0));
  const net::HostFacts facts = table.to_facts(OwnerMark::kProtocol);
  CHECK(facts.links.size() == 1);
  CHECK(facts.addresses.size() == 1);
  CHECK_FALSE(table.remove_link(kEth0));
}

TEST_CASE("the echo of what we set changes nothing") {
  FactsTable table;
  const AddressMessage echo = address(kEth0, "192.0.2.9/24", kOwnerProtocol);
  CHECK(table.put_own(echo.key, OwnerMark::kProtocol));
  CHECK_FALSE(table.put(echo));
  CHECK_FALSE(table.put_own(echo.key, OwnerMark::kProtocol));
}

TEST_CASE("a fragment about an unknown link is no link") {
  FactsTable table;
  LinkMessage fragment;
  fragment.index = kEth0;
  CHECK_FALSE(table.put(fragment));
  CHECK(table.to_facts(OwnerMark::kProtocol).links.empty());
}

TEST_CASE("without protocol numbers, what this process set is remembered until it goes") {
  FactsTable table;
  const AddressMessage ipv6 = address(kEth0, "2001:db8::9/64");
  table.put_own(ipv6.key, OwnerMark::kLabel);
  CHECK(table.is_ours(ipv6.key, OwnerMark::kLabel));

  FactsTable reading;
  reading.put(ipv6);
  table.replace(reading);
  CHECK(table.is_ours(ipv6.key, OwnerMark::kLabel));

  table.replace(FactsTable());
  table.put(ipv6);  // somebody else sets it again
  CHECK_FALSE(table.is_ours(ipv6.key, OwnerMark::kLabel));
}

TEST_CASE("a label is a mark only where protocol numbers do not work") {
  FactsTable table;
  AddressMessage labelled = address(kEth0, "192.0.2.9/24");
  labelled.record.label_of_ours = true;
  table.put(labelled);
  CHECK(table.is_ours(labelled.key, OwnerMark::kLabel));
  CHECK_FALSE(table.is_ours(labelled.key, OwnerMark::kProtocol));
}

TEST_CASE("a full reading that finds the same changes nothing") {
  FactsTable table;
  table.put(link(kEth0, "eth0"));
  table.put(address(kEth0, "192.0.2.9/24"));
  CHECK_FALSE(table.replace(FactsTable(table)));
  CHECK(table.replace(FactsTable()));
}

}  // namespace keelvip::kernel
