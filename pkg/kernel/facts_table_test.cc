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

TEST_CASE("that the link-local address went and came back is remembered, also by a full reading") {
  FactsTable table;
  table.put(link(kEth0, "eth0"));
  const AddressMessage link_local = address(kEth0, "fe80::1/64");
  const AddressMessage ours = address(kEth0, "fe80::10/64", kOwnerProtocol);
  const auto losses = [&] { return table.to_facts(OwnerMark::kProtocol).links[0].ipv6_losses; };
  table.put(link_local);
  table.put(ours);
  CHECK(losses() == 0);
  table.remove_address(ours.key);
  CHECK(losses() == 0);
  table.remove_address(link_local.key);
  table.put(link_local);
  CHECK(losses() == 1);
  FactsTable reading;
  reading.put(link(kEth0, "eth0"));
  reading.put(link_local);
  CHECK_FALSE(table.replace(std::move(reading)));
  CHECK(losses() == 1);
  table.miss_messages();
  CHECK(losses() == 2);
  CHECK(table.to_facts(OwnerMark::kProtocol).links[0].ipv4_losses == 2);
}

TEST_CASE("another link in the place of one that went is told from it") {
  FactsTable table;
  const auto link_of = [&](net::InterfaceIndex index) {
    return *table.to_facts(OwnerMark::kProtocol).find_link(index);
  };
  table.put(link(kEth0, "eth0"));
  table.put(link(kEth1, "eth1"));
  const net::Link before = link_of(kEth0);
  const net::Link other = link_of(kEth1);
  table.remove_link(kEth0);
  table.put(link(kEth0, "eth0"));
  CHECK(link_of(kEth0).ipv4_losses != before.ipv4_losses);
  CHECK(link_of(kEth0).ipv6_losses != before.ipv6_losses);
  CHECK(link_of(kEth1) == other);
}

TEST_CASE("what only a full reading tells of is a loss, too") {
  FactsTable table;
  const AddressMessage link_local = address(kEth1, "fe80::1/64");
  table.put(link(kEth0, "eth0"));
  table.put(link(kEth1, "eth1"));
  table.put(link_local);
  const net::HostFacts before = table.to_facts(OwnerMark::kProtocol);

  FactsTable without;
  without.put(link(kEth1, "eth1"));
  CHECK(table.replace(std::move(without)));
  CHECK_FALSE(table.remove_address(link_local.key));
  table.put(link(kEth0, "eth0"));
  table.put(link_local);
  const net::HostFacts after = table.to_facts(OwnerMark::kProtocol);
  CHECK(after.find_link(kEth0)->ipv4_losses != before.find_link(kEth0)->ipv4_losses);
  CHECK(after.find_link(kEth0)->ipv6_losses != before.find_link(kEth0)->ipv6_losses);
  CHECK(after.find_link(kEth1)->ipv4_losses == before.find_link(kEth1)->ipv4_losses);
  CHECK(after.find_link(kEth1)->ipv6_losses != before.find_link(kEth1)->ipv6_losses);
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
