#include "pkg/api/nearest_name.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::api {

TEST_CASE("a slip of the finger finds its name, a different word finds none") {
  constexpr std::array<std::string_view, 5> kNames = {"addresses", "interface", "virtualRouterID",
                                                      "advertIntervalMilliseconds", "priority"};
  const auto nearest = [&](std::string_view typed) { return nearest_name(typed, kNames); };
  CHECK(nearest("adresses") == "addresses");
  CHECK(nearest("adddresses") == "addresses");
  CHECK(nearest("interafce") == "interface");
  CHECK(nearest("INTERFACE") == "interface");
  CHECK(nearest("virtualRouterId") == "virtualRouterID");
  CHECK(nearest("advertIntervalMillis") == "advertIntervalMilliseconds");
  CHECK(nearest("advertInterval") == "advertIntervalMilliseconds");
  CHECK(nearest("prio") == "priority");
  CHECK(nearest("weight").empty());
  CHECK(nearest("p").empty());
  CHECK(nearest("").empty());
  CHECK(nearest(std::string(100'000, 'a')).empty());
}

}  // namespace keelvip::api
