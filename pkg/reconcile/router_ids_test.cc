#include "pkg/reconcile/router_ids.h"

#include <doctest/doctest.h>

namespace keelvip::reconcile {
namespace {

using net::Family;

TEST_CASE("A router keeps its number over reloads, whatever comes and goes around it") {
  RouterIds ids;
  const RouterKey web{"web", Family::kIpv4, {"eth0", 51, 3}};
  const RouterKey dns{"dns", Family::kIpv4, {"eth0", 52, 3}};
  const auto before = ids.assign(std::vector{web});
  const auto after = ids.assign(std::vector{dns, web});
  CHECK(after[1] == before[0]);
  CHECK(after[0] != before[0]);
}

TEST_CASE("Another VRID, interface or version is another router, also on the way back") {
  RouterIds ids;
  const RouterKey web{"web", Family::kIpv4, {"eth0", 51, 3}};
  std::vector<vrrp::RouterId> seen = ids.assign(std::vector{web});
  for (const RouterIdentity& identity :
       {RouterIdentity{"eth0", 52, 3}, RouterIdentity{"eth1", 52, 3}, RouterIdentity{"eth1", 52, 2},
        RouterIdentity{"eth0", 51, 3}}) {
    const auto id = ids.assign(std::vector<RouterKey>{{"web", Family::kIpv4, identity}})[0];
    CHECK(id > seen.back());
    seen.push_back(id);
  }
}

TEST_CASE("To name the interface, or to stop naming it, makes no other router") {
  RouterIds ids;
  const auto id_of = [&](const char* interface) {
    return ids.assign(std::vector<RouterKey>{{"web", Family::kIpv4, {interface, 51, 3}}})[0];
  };
  const vrrp::RouterId found = id_of("");
  CHECK(id_of("eth0") == found);
  CHECK(id_of("") == found);
}

TEST_CASE("A VIP that was deleted and comes back is a new router") {
  RouterIds ids;
  const RouterKey web{"web", Family::kIpv6, {"eth0", 51, 3}};
  const auto before = ids.assign(std::vector{web});
  CHECK(ids.assign({}).empty());
  CHECK(ids.assign(std::vector{web})[0] > before[0]);
}

}  // namespace
}  // namespace keelvip::reconcile
