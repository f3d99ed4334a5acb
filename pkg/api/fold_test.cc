#include "pkg/api/fold.h"

#include <cstdint>
#include <optional>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/json_parser.h"
#include "pkg/api/report.h"
#include "pkg/api/sample_documents.h"

namespace keelvip::api {
namespace {

/// A VIP that only a name, a virtual router ID and the last byte of an address tell apart.
std::string vip(std::string_view name, int vrid, int host, std::string_view interface = "eth0") {
  return with_spec(
      fmt::format(R"({{"addresses": ["192.0.2.{}/24"], "interface": "{}", "virtualRouterID": {}}})",
                  host, interface, vrid),
      name);
}

SourceFile file(std::string source, const std::vector<std::string>& texts) {
  SourceFile result{std::move(source), {}};
  for (const std::string& text : texts) {
    const auto parsed = parse_json(text).front();
    if (parsed) {
      result.documents.push_back(decode(*parsed));
    } else {
      result.documents.push_back({{}, "", tl::unexpected(std::vector{parsed.error()}), {}});
    }
  }
  return result;
}

/// "name/VRID generation" of everything in force.
std::vector<std::string> in_force(const SpecSet& set) {
  std::vector<std::string> lines;
  for (const VirtualIp& object : set.accepted) {
    lines.push_back(fmt::format("{}/{} {}", object.metadata.name, object.spec.virtual_router_id,
                                object.metadata.generation));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the objects are in force by name, whatever the files") {
  const SpecSet set = fold(
      {}, {file("b.yaml", {vip("x", 1, 1)}), file("a.yaml", {vip("z", 2, 2), vip("y", 3, 3)})});
  CHECK(in_force(set) == Lines{"x/1 1", "y/3 1", "z/2 1"});
  CHECK(set.accepted[0].origin.source == "b.yaml");
  CHECK(set.rejected.empty());
  CHECK(set.revision == 1);
}

TEST_CASE("the generation rises with the spec and with nothing else") {
  const SpecSet first = fold({}, {file("a.yaml", {vip("x", 1, 1), vip("y", 2, 2)})});
  const SpecSet same = fold(first, {file("a.yaml", {vip("x", 1, 1), vip("y", 2, 2)})});
  CHECK(same == first);
  const SpecSet changed = fold(first, {file("a.yaml", {vip("x", 9, 1), vip("y", 2, 2)})});
  CHECK(in_force(changed) == Lines{"x/9 2", "y/2 1"});
  CHECK(changed.revision == 2);
}

TEST_CASE("an empty set that never changed is a revision too") {
  const SpecSet first = fold({}, {});
  CHECK(first.revision == 1);
  CHECK(fold(first, {}).revision == 1);
}

TEST_CASE("an invalid document keeps its object as it was, and the others change") {
  const SpecSet first = fold({}, {file("a.yaml", {vip("x", 1, 1), vip("y", 2, 2)})});
  const SpecSet next = fold(first, {file("a.yaml", {vip("x", 0, 1), vip("y", 3, 2)})});
  CHECK(in_force(next) == Lines{"x/1 1", "y/3 2"});
  REQUIRE(next.rejected.size() == 1);
  CHECK(next.rejected[0].name == "x");
  CHECK(next.rejected[0].kind == Rejected::Kind::kInvalid);
  CHECK(next.rejected[0].previous_in_force);
  CHECK(next.rejected[0].errors.front().field == "spec.virtualRouterID");
}

TEST_CASE("an invalid document of a new object keeps nothing") {
  const SpecSet set = fold({}, {file("a.yaml", {vip("x", 0, 1), vip("y", 2, 2)})});
  CHECK(in_force(set) == Lines{"y/2 1"});
  REQUIRE(set.rejected.size() == 1);
  CHECK_FALSE(set.rejected[0].previous_in_force);
}

TEST_CASE("a file that cannot be read keeps the objects that came from it") {
  const SpecSet first = fold(
      {}, {file("a.yaml", {vip("x", 1, 1), vip("y", 2, 2)}), file("b.yaml", {vip("z", 3, 3)})});
  const SpecSet broken = fold(first, {file("a.yaml", {"{"}), file("b.yaml", {vip("z", 4, 3)})});
  CHECK(in_force(broken) == Lines{"x/1 1", "y/2 1", "z/4 2"});
  REQUIRE(broken.rejected.size() == 1);
  CHECK(broken.rejected[0].source == "a.yaml");
  CHECK(broken.rejected[0].previous_in_force);

  // The documents of the file that can be read count; what is missing may be the broken one.
  const SpecSet half = fold(first, {file("a.yaml", {vip("x", 5, 1), "{"}), file("b.yaml", {})});
  CHECK(in_force(half) == Lines{"x/5 2", "y/2 1"});

  const SpecSet healed = fold(broken, {file("a.yaml", {vip("x", 1, 1)})});
  CHECK(in_force(healed) == Lines{"x/1 1"});
  CHECK(healed.rejected.empty());
}

TEST_CASE("when nothing can be known, everything stays") {
  const SpecSet first = fold({}, {file("d/a", {vip("x", 1, 1), vip("y", 0, 2)})});
  const Rejected why{Rejected::Kind::kInvalid, "", "d", {{{}, "", "is gone"}}};
  const SpecSet kept = keep_all(first, why);
  CHECK(kept.accepted == first.accepted);
  REQUIRE(kept.rejected.size() == 1);
  CHECK(to_line(kept.rejected[0].source, kept.rejected[0].errors[0]) == "d: is gone");
  CHECK(kept.rejected[0].previous_in_force);
  CHECK(kept.revision == 2);
  CHECK(keep_all(kept, why) == kept);
}

TEST_CASE("what no document names goes") {
  const SpecSet first = fold({}, {file("a.yaml", {vip("x", 1, 1), vip("y", 2, 2)})});
  CHECK(in_force(fold(first, {file("a.yaml", {vip("y", 2, 2)})})) == Lines{"y/2 1"});
  CHECK(in_force(fold(first, {})).empty());
}

TEST_CASE("an object may move to another file") {
  const SpecSet first = fold({}, {file("a.yaml", {vip("x", 1, 1)})});
  const SpecSet moved = fold(first, {file("b.yaml", {vip("x", 1, 1)})});
  CHECK(in_force(moved) == Lines{"x/1 1"});
  CHECK(moved.accepted[0].origin.source == "b.yaml");
  CHECK(moved.rejected.empty());
}

TEST_CASE("of two objects of one name the one in force stays, with its file") {
  const SpecSet first = fold({}, {file("b.yaml", {vip("x", 1, 1)})});
  const SpecSet next =
      fold(first, {file("a.yaml", {vip("x", 7, 7)}), file("b.yaml", {vip("x", 2, 1)})});
  CHECK(in_force(next) == Lines{"x/2 2"});
  REQUIRE(next.rejected.size() == 1);
  CHECK(next.rejected[0].kind == Rejected::Kind::kConflict);
  CHECK(next.rejected[0].source == "a.yaml");
  CHECK(next.rejected[0].errors.front() ==
        FieldError{{1, 1}, "metadata.name", "\"x\" is defined in b.yaml:1 already"});

  // Its own document being broken does not hand the name to the other one.
  const SpecSet broken =
      fold(next, {file("a.yaml", {vip("x", 7, 7)}), file("b.yaml", {vip("x", 0, 1)})});
  CHECK(in_force(broken) == Lines{"x/2 2"});
  CHECK(broken.rejected.size() == 2);
}

TEST_CASE("of two new objects of one name the first valid one counts") {
  CHECK(in_force(fold({}, {file("a.yaml", {vip("x", 1, 1), vip("x", 2, 2)})})) == Lines{"x/1 1"});
  CHECK(in_force(fold({}, {file("a.yaml", {vip("x", 0, 1), vip("x", 2, 2)})})) == Lines{"x/2 1"});
}

TEST_CASE("a virtual router is one object's on its interface and family") {
  const SpecSet set = fold({}, {file("a.yaml", {vip("b", 5, 1), vip("a", 5, 2)})});
  CHECK(in_force(set) == Lines{"a/5 1"});
  REQUIRE(set.rejected.size() == 1);
  CHECK(set.rejected[0].name == "b");
  REQUIRE(set.rejected[0].errors.size() == 1);
  CHECK(set.rejected[0].errors[0].field == "spec.virtualRouterID");
  CHECK(set.rejected[0].errors[0].position == Position{2, 73});
  CHECK(set.rejected[0].errors[0].reason ==
        "5 is the IPv4 virtual router of \"a\" (a.yaml:1) on interface eth0 already");

  CHECK(fold({}, {file("a.yaml", {vip("a", 5, 1, "eth0"), vip("b", 5, 2, "eth1")})})
            .rejected.empty());
  const std::string v6 = with_spec(
      R"({"addresses": ["2001:db8::1/64"], "interface": "eth0", "virtualRouterID": 5})", "v6");
  CHECK(fold({}, {file("a.yaml", {vip("a", 5, 1), v6})}).rejected.empty());
}

TEST_CASE("without an interface the subnet tells whether two share a link") {
  const auto without = [](const char* name, const char* address) {
    return with_spec(fmt::format(R"({{"addresses": ["{}"], "virtualRouterID": 5}})", address),
                     name);
  };
  const auto conflicts = [&](const char* a, const char* b) {
    return !fold({}, {file("f", {without("a", a), without("b", b)})}).rejected.empty();
  };
  CHECK(conflicts("192.0.2.1/24", "192.0.2.2/24"));
  CHECK(conflicts("192.0.2.1/24", "192.0.2.2"));
  CHECK_FALSE(conflicts("192.0.2.1/24", "198.51.100.1/24"));
  CHECK_FALSE(conflicts("192.0.2.1", "192.0.2.2"));
}

TEST_CASE("an address is one object's, but a link-local one may be on every link") {
  const SpecSet set = fold({}, {file("a.yaml", {vip("a", 1, 9, "eth0"), vip("b", 2, 9, "eth1")})});
  CHECK(in_force(set) == Lines{"a/1 1"});
  REQUIRE(set.rejected.size() == 1);
  CHECK(set.rejected[0].errors[0].reason == "192.0.2.9 is an address of \"a\" (a.yaml:1) already");
  const auto local = [](const char* name, const char* interface) {
    return with_spec(fmt::format(R"({{"addresses": ["fe80::1/64"], "interface": "{}",
                                      "virtualRouterID": {}}})",
                                 interface, int{name[0]}),
                     name);
  };
  CHECK(fold({}, {file("f", {local("a", "eth0"), local("b", "eth1")})}).rejected.empty());
  CHECK(fold({}, {file("f", {local("a", "eth0"), local("b", "eth0")})}).rejected.size() == 1);
}

TEST_CASE("in a conflict what is in force stays, whatever the names") {
  const SpecSet first = fold({}, {file("f", {vip("y", 1, 1), vip("z", 2, 2)})});
  // A newcomer with a lower name.
  const SpecSet second = fold(first, {file("f", {vip("a", 1, 3), vip("y", 1, 1), vip("z", 2, 2)})});
  CHECK(in_force(second) == Lines{"y/1 1", "z/2 1"});
  // An object in force that wants what another one has stays as it was.
  const SpecSet third = fold(first, {file("f", {vip("y", 2, 1), vip("z", 2, 22)})});
  CHECK(in_force(third) == Lines{"y/1 1", "z/2 1"});
  CHECK(third.rejected.size() == 2);
}

TEST_CASE("objects may swap what they have") {
  const SpecSet first = fold({}, {file("f", {vip("a", 1, 1), vip("b", 2, 2)})});
  const SpecSet swapped = fold(first, {file("f", {vip("a", 2, 1), vip("b", 1, 2)})});
  CHECK(in_force(swapped) == Lines{"a/2 2", "b/1 2"});
  CHECK(swapped.rejected.empty());
}

TEST_CASE("when one of a chain of moves fails, those behind it stay too") {
  const SpecSet first = fold({}, {file("f", {vip("a", 1, 1), vip("b", 2, 2), vip("c", 3, 3)})});
  // a wants b's router, b wants c's, c stays.
  const SpecSet next = fold(first, {file("f", {vip("a", 2, 1), vip("b", 3, 2), vip("c", 3, 3)})});
  CHECK(in_force(next) == Lines{"a/1 1", "b/2 1", "c/3 1"});
  CHECK(next.rejected.size() == 2);
}

TEST_CASE("a newcomer is not refused for the sake of an object that stays out") {
  const SpecSet first = fold({}, {file("f", {vip("a", 1, 1), vip("b", 2, 2)})});
  // a fails to move to b's router, so it keeps 1; y cannot have 1, z can have 3.
  const SpecSet next =
      fold(first, {file("f", {vip("a", 2, 1), vip("b", 2, 2), vip("y", 1, 4), vip("z", 3, 5)})});
  CHECK(in_force(next) == Lines{"a/1 1", "b/2 1", "z/3 1"});
}

TEST_CASE("whatever the documents become, an object that is still named is still in force") {
  // A small generator is enough: few numbers, so that nearly everything clashes.
  std::uint64_t seed = 12345;
  const auto pick = [&](std::uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return static_cast<int>((seed >> 33U) % below);
  };
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
  SpecSet set;
  std::size_t refused = 0;
  for (int round = 0; round < 500; ++round) {
    std::vector<SourceFile> files = {file("1", {}), file("2", {})};
    std::vector<std::string> named;
    for (const std::string& name : names) {
      if (pick(4) == 0) {
        continue;
      }
      named.push_back(name);
      // A virtual router ID of 0 is invalid.
      const SourceFile part =
          file("", {vip(name, pick(6), 1 + pick(6), pick(4) == 0 ? "eth1" : "eth0")});
      files[static_cast<std::size_t>(pick(2))].documents.push_back(part.documents.front());
    }
    const SpecSet next = fold(set, files);
    refused += next.rejected.size();
    for (const VirtualIp& object : set.accepted) {
      const std::string& name = object.metadata.name;
      if (std::find(named.begin(), named.end(), name) == named.end()) {
        continue;
      }
      CHECK(std::any_of(next.accepted.begin(), next.accepted.end(),
                        [&](const VirtualIp& other) { return other.metadata.name == name; }));
    }
    // What is in force has no conflict: read on its own, all of it is accepted.
    std::vector<SourceFile> alone = {{"f", {}}};
    for (const VirtualIp& object : next.accepted) {
      alone[0].documents.push_back({{}, object.metadata.name, object, {}});
    }
    CHECK(fold({}, alone).rejected.empty());
    set = next;
  }
  CHECK(refused > 500);
}

}  // namespace keelvip::api
