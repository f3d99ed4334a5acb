// What a change of the specs does to what runs: nothing to those that stay, and an orderly goodbye
// to those that go.
#include <doctest/doctest.h>

#include "pkg/reconcile/story.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using namespace std::chrono_literals;
using status::NodeRole;
using Texts = std::vector<std::string>;

/// Without a lease: nothing is renewed while other things are looked at.
api::VirtualIp for_ever(api::VirtualIp resource) {
  resource.spec.lease.duration = base::Duration::zero();
  return resource;
}

const api::VirtualIp kWeb = for_ever(vip("web", {"192.0.2.10/24"}));
const api::VirtualIp kDns = for_ever(vip("dns", {"192.0.2.53/32"}, 53));

Story active_story() {
  Story story;
  story.read_host();
  story.read_specs({kWeb});
  story.obey();
  story.become_active();
  story.carry_out();
  story.told.clear();
  return story;
}

TEST_CASE("Priority, interval, password and preemption change live, in the same router") {
  Story story = active_story();
  const vrrp::RouterId id = story.router().id;
  api::VirtualIp changed = kWeb;
  changed.spec.priority = 120;
  changed.spec.advert_interval = base::Centiseconds{100};
  changed.spec.preemption = {api::Preemption::Mode::kDelayed, 30s};
  changed.spec.authentication = api::Authentication{api::Secret("12345678"), ""};
  changed.spec.announce.burst_count = 3;
  CHECK(story.read_specs({changed}).speaker.has_value());
  const vrrp::RouterConfig& router = story.router();
  CHECK(router.id == id);
  CHECK(router.participate);
  CHECK(router.settings.priority.value == 120);
  CHECK(router.settings.advert_interval == base::Centiseconds{100});
  CHECK(router.settings.preemption ==
        vrrp::Preemption{vrrp::PreemptionMode::kDelayed, std::chrono::seconds(30)});
  CHECK(router.settings.password.value()[7] == std::byte{'8'});
  CHECK(router.settings.announce.burst_count == 3);
  CHECK(story.generation() == 1);  // nothing to announce anew
  CHECK(story.steps.empty());
  CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kActive);
}

TEST_CASE("Item 55: an address that is added or removed while Active is the only one touched") {
  Story story = active_story();
  const api::VirtualIp changed = for_ever(vip("web", {"192.0.2.11/24", "192.0.2.10/24"}));
  story.read_specs({changed});
  CHECK(story.step_texts() == Texts{"+192.0.2.11/24@2"});
  CHECK(story.generation(0) == 0);
  CHECK(story.generation(1) == 1);
  story.carry_out();
  CHECK(story.generation(0) == 1);
  CHECK(story.generation(1) == 1);

  story.read_specs({for_ever(vip("web", {"192.0.2.11/24"}))});
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  CHECK(story.router().settings.addresses.size() == 1);
  CHECK(story.generation() == 1);
}

TEST_CASE("Another prefix length replaces the address without an election") {
  Story story = active_story();
  story.read_specs({for_ever(vip("web", {"192.0.2.10/32"}))});
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2", "+192.0.2.10/32@2"});
  story.carry_out();
  CHECK(story.generation() == 1);
  CHECK(story.router().participate);
  CHECK(story.controller.snapshot(story.now).kernel.addresses_repaired == 0);
}

TEST_CASE("Another VRID is another router: the old hands over, then its address goes") {
  Story story = active_story();
  const vrrp::RouterId old = story.router().id;
  story.read_specs({for_ever(vip("web", {"192.0.2.10/24"}, 77))});
  REQUIRE(story.config->routers.size() == 2);
  CHECK(story.router(0).id == old);
  CHECK_FALSE(story.router(0).participate);
  CHECK(story.router(0).hand_over);
  CHECK(story.router(1).settings.vrid.value == 77);
  story.obey();
  CHECK(story.steps.empty());
  story.end_hand_over();
  REQUIRE(story.config->routers.size() == 1);
  CHECK(story.router().settings.vrid.value == 77);
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kBackup);
}

TEST_CASE("A VIP of another VRRP version speaks it at once: adverts are given to one router only") {
  api::VirtualIp old = kWeb;
  old.spec.vrrp_version = 2;
  old.spec.advert_interval = base::Centiseconds{100};
  Story story;
  story.read_host();
  story.read_specs({old});
  story.obey();
  story.become_active();
  story.carry_out();
  story.read_specs({kWeb});
  REQUIRE(story.config->routers.size() == 1);
  CHECK(story.router().participate);
  CHECK(story.router().settings.version == vrrp::Version::kV3);
}

TEST_CASE("A VIP that is deleted while its node hands it over keeps answering as long as before") {
  Story story = active_story();
  story.give(StopRequested{});
  story.obey();
  CHECK(story.steps.empty());
  story.read_specs({});
  CHECK(story.steps.empty());
  CHECK(story.router().hand_over);
  story.obey();
  CHECK(story.steps.empty());
  story.end_hand_over();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
}

TEST_CASE("A stop waits for the hand-over of a VIP that was deleted just before") {
  Story story = active_story();
  story.read_specs({});
  story.obey();
  story.give(StopRequested{});
  const base::Duration hand_over =
      vrrp::hand_over_limit(vrrp::Version::kV3, base::Centiseconds{20});
  story.pass(hand_over + Controller::kStopLimit - base::Milliseconds{1});
  CHECK_FALSE(story.controller.stopped());
  story.end_hand_over();
  CHECK_FALSE(story.controller.stopped());
  story.carry_out();
  CHECK(story.controller.stopped());
}

TEST_CASE("A VIP of another name that takes the virtual router over speaks for it at once") {
  Story story = active_story();
  story.read_specs({for_ever(vip("www", {"192.0.2.10/24"}, 51))});
  REQUIRE(story.config->routers.size() == 1);
  CHECK(story.router().participate);
  CHECK(story.steps.empty());
  story.obey();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
}

TEST_CASE("A deleted VIP hands over before its address is taken off, others notice nothing") {
  Story story;
  story.read_host();
  story.read_specs({kDns, kWeb});
  story.obey();
  story.become_active(0);
  story.become_active(1);
  story.carry_out();
  const vrrp::RouterConfig dns = story.router(0);

  story.read_specs({kDns});
  CHECK(story.steps.empty());
  REQUIRE(story.config->routers.size() == 2);
  CHECK(story.router(0) == dns);
  CHECK(story.router(1).hand_over);

  SUBCASE("as soon as the Speaker has let it go") {
    story.obey();
    CHECK(story.steps.empty());
    story.end_hand_over();
    CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  }
  SUBCASE("or a second after the slowest hand-over, should the Speaker be silent") {
    story.speaker_hangs = true;
    const base::Duration limit =
        vrrp::hand_over_limit(vrrp::Version::kV3, base::Centiseconds{20}) + 1s;
    story.pass(limit - 1ms);
    CHECK(story.steps.empty());
    story.pass(1ms);
    CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  }
  CHECK(story.config->routers == std::vector{dns});
}

TEST_CASE("A new VIP beside an Active one does not disturb it") {
  Story story = active_story();
  const vrrp::RouterConfig web = story.router();
  story.read_specs({kDns, kWeb});
  REQUIRE(story.config->routers.size() == 2);
  CHECK(story.router(0) == web);
  CHECK(story.router(1).participate);
  CHECK(story.steps.empty());
  CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kActive);
}

TEST_CASE("A node that is taken off the list lets go; one that is put back starts anew") {
  Story story = active_story();
  api::VirtualIp elsewhere = kWeb;
  elsewhere.spec.nodes = {{{"lb-2", 100}}};
  story.read_specs({elsewhere});
  story.obey();
  CHECK(story.steps.empty());
  story.end_hand_over();
  CHECK(story.config->routers.empty());
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  story.carry_out();
  CHECK(story.condition("web", "Ready") ==
        "False NotSelected: spec.nodes does not list this node, lb-1.");
  CHECK(story.vip_status("web").routers.empty());
  story.read_specs({kWeb});
  story.obey();
  CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kBackup);
}

TEST_CASE("A refused document keeps what runs, and both say so") {
  Story story = active_story();
  const vrrp::SpeakerConfig before = *story.config;
  api::Rejected bad;
  bad.name = "web";
  bad.source = "/etc/keelvip/web.yaml";
  bad.errors = {{{7, 21}, "spec.virtualRouterID", "must be 1..255, not 300"}};
  bad.previous_in_force = true;
  story.read_specs({kWeb}, {bad});
  CHECK(story.config->routers == before.routers);
  CHECK(story.steps.empty());
  CHECK(story.condition("web", "Accepted") ==
        "False Invalid: /etc/keelvip/web.yaml:7:21: spec.virtualRouterID: must be 1..255, not 300; "
        "the version before stays in force.");
  CHECK(story.condition("web", "Ready").starts_with("True Active"));
  CHECK(story.times_told("Spec refused file=/etc/keelvip/web.yaml:7:21") == 1);

  SUBCASE("told once, however often it is read") {
    story.read_specs({kWeb}, {bad});
    CHECK(story.times_told("Spec refused") == 1);
  }
  SUBCASE("until it is right again") {
    story.read_specs({kWeb});
    CHECK(story.condition("web", "Accepted") == "True Valid: The spec is in force.");
  }
}

TEST_CASE("A refused document that never ran is listed with its errors") {
  Story story;
  api::Rejected bad;
  bad.name = "mail";
  bad.source = "mail.yaml";
  bad.errors = {{{1, 1}, "kind", "unknown kind"}};
  story.read_specs({kWeb}, {bad});
  const status::Snapshot snapshot = story.controller.snapshot(story.now);
  CHECK(snapshot.vips.size() == 1);
  CHECK(snapshot.specs.rejected == std::vector{bad});
  CHECK_FALSE(snapshot.specs.last_reload_successful);
  CHECK(snapshot.specs.revision == 1);
  CHECK(snapshot.specs.last_reload == story.now.wall);
}

TEST_CASE("A health check that joins a running VIP does not take it down before its first result") {
  Story story = active_story();
  api::VirtualIp checked = kWeb;
  checked.spec.health_checks = {check("http")};
  story.read_specs({checked});
  REQUIRE(story.checks.size() == 1);
  CHECK(story.router().participate);
  CHECK(story.condition("web", "Healthy").starts_with("Unknown HealthCheckPending"));
  SUBCASE("a failure then decides") {
    story.end_check("web", "http", false);
    CHECK_FALSE(story.router().participate);
  }
  SUBCASE("so does a success") {
    story.end_check("web", "http", true);
    CHECK(story.router().participate);
    CHECK(story.condition("web", "Healthy").starts_with("True"));
  }
  SUBCASE("and another reload on the way changes nothing") {
    api::VirtualIp again = checked;
    again.spec.priority = 90;
    story.read_specs({again});
    CHECK(story.router().participate);
  }
}

TEST_CASE("A VIP that keeps its checks over a reload keeps their verdicts and is told nothing") {
  Story story;
  api::VirtualIp checked = kWeb;
  checked.spec.health_checks = {check("http")};
  story.read_host();
  story.read_specs({checked});
  story.end_check("web", "http", true);
  REQUIRE(story.router().participate);
  story.told.clear();
  checked.spec.priority = 90;
  CHECK_FALSE(story.read_specs({checked}).checks.has_value());
  CHECK(story.router().participate);
  CHECK(story.times_told("Health check") == 0);
}

}  // namespace
}  // namespace keelvip::reconcile
