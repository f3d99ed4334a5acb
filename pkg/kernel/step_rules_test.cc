#include "pkg/kernel/step_rules.h"

#include <doctest/doctest.h>

namespace keelvip::kernel {
namespace {

constexpr net::InterfaceIndex kEth0{2};
constexpr auto kMark = OwnerMark::kProtocol;

net::AddressStep add(std::string_view prefix) {
  return {net::StepKind::kAdd, kEth0, net::Prefix::parse(prefix).value(), false};
}

net::AddressStep removal(std::string_view prefix) {
  return {net::StepKind::kRemove, kEth0, net::Prefix::parse(prefix).value(), false};
}

struct Node {
  FactsTable table;

  explicit Node(bool promotes = true) {
    LinkMessage link;
    link.index = kEth0;
    link.name = "eth0";
    link.promotes_secondaries = promotes;
    table.put(link);
  }

  void has(std::string_view prefix, std::uint8_t protocol, bool secondary = false) {
    table.put(AddressMessage{key_of(add(prefix)), {.protocol = protocol, .secondary = secondary}});
  }
};

}  // namespace

TEST_CASE("only our own addresses are removed") {
  Node node;
  node.has("192.0.2.1/24", 0);
  node.has("192.0.2.2/24", kOwnerProtocol);

  const auto foreign = foresee(node.table, true, kMark, removal("192.0.2.1/24"));
  REQUIRE(foreign);
  REQUIRE_FALSE(foreign->has_value());
  CHECK(foreign->error().code == base::ErrorCode::kReport);
  CHECK_FALSE(foresee(node.table, true, kMark, removal("192.0.2.2/24")));
}

TEST_CASE("what is gone counts as removed, if we know all there is") {
  const Node node;
  const auto known = foresee(node.table, true, kMark, removal("192.0.2.1/24"));
  REQUIRE(known);
  CHECK(known->has_value());
  const auto unknown = foresee(node.table, false, kMark, removal("192.0.2.1/24"));
  REQUIRE(unknown);
  CHECK(unknown->error().code == base::ErrorCode::kResync);
}

TEST_CASE("another prefix length is another address") {
  Node node;
  node.has("192.0.2.1/24", kOwnerProtocol);
  const auto outcome = foresee(node.table, true, kMark, removal("192.0.2.1/32"));
  REQUIRE(outcome);
  CHECK(outcome->has_value());
}

TEST_CASE("an address that exists already is fine when it is ours and an error when it is not") {
  Node node;
  node.has("192.0.2.1/24", 0);
  node.has("192.0.2.2/24", kOwnerProtocol);
  node.has("2001:db8::3/64", kOwnerProtocol);

  CHECK(judge_existing(node.table, kMark, add("192.0.2.2/24")));
  const auto foreign = judge_existing(node.table, kMark, add("192.0.2.1/24"));
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == base::ErrorCode::kReport);
  CHECK(foreign.error().message.find("somebody else has configured 192.0.2.1/24") == 0);
  CHECK(judge_existing(node.table, kMark, add("2001:db8::3/128")).error().code ==
        base::ErrorCode::kRetry);
  CHECK(judge_existing(node.table, kMark, add("192.0.2.9/24")).error().code ==
        base::ErrorCode::kResync);
}

TEST_CASE("secondaries are removed before their primary, additions stay where they were") {
  Node node;
  node.has("192.0.2.1/24", kOwnerProtocol);
  node.has("192.0.2.2/24", kOwnerProtocol, true);
  node.has("192.0.2.3/24", kOwnerProtocol, true);
  const std::vector<net::AddressStep> steps{removal("192.0.2.1/24"), removal("192.0.2.3/24"),
                                            add("192.0.2.4/24"), removal("192.0.2.2/24")};
  const std::vector<net::AddressStep> expected{steps[1], steps[0], steps[2], steps[3]};
  CHECK(order_steps(node.table, steps) == expected);
}

TEST_CASE("promotion matters for IPv4 networks on links that do not promote") {
  const Node without(false);
  CHECK(needs_promotion(without.table, add("192.0.2.1/24")));
  CHECK(needs_promotion(without.table, removal("192.0.2.1/24")));
  CHECK_FALSE(needs_promotion(without.table, add("192.0.2.1/32")));
  CHECK_FALSE(needs_promotion(without.table, add("2001:db8::1/64")));
  const Node with(true);
  CHECK_FALSE(needs_promotion(with.table, add("192.0.2.1/24")));
}

TEST_CASE("a primary stays when its removal would take others along") {
  Node node(false);
  node.has("192.0.2.1/24", kOwnerProtocol);
  node.has("192.0.2.2/24", 0, true);
  const auto outcome = foresee(node.table, true, kMark, removal("192.0.2.1/24"));
  REQUIRE(outcome);
  REQUIRE_FALSE(outcome->has_value());
  CHECK(outcome->error().message.find("1 other addresses") != std::string::npos);

  node.table.set_promotes_secondaries(kEth0);
  CHECK_FALSE(foresee(node.table, true, kMark, removal("192.0.2.1/24")));
}

}  // namespace keelvip::kernel
