#include <doctest/doctest.h>

#include "pkg/reconcile/controller.h"
#include "pkg/reconcile/story.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using status::NodeRole;
using vrrp::Role;
using vrrp::TransitionReason;
using Texts = std::vector<std::string>;

const api::VirtualIp kWeb = vip("web", {"192.0.2.10/24"});

DrainRead drained(std::string reason = "") {
  return {{.drained = true,
           .since = base::WallTime{std::chrono::seconds{1'600'000'000}},
           .reason = std::move(reason),
           .file = "/var/lib/keelvip/drained",
           .problem = {}}};
}

DrainRead undrained() {
  return {{.drained = false,
           .since = {},
           .reason = {},
           .file = "/var/lib/keelvip/drained",
           .problem = {}}};
}

/// web is Active here, its address is on.
Story active_story(const api::VirtualIp& resource = kWeb) {
  Story story;
  story.give(undrained());
  story.read_host();
  story.read_specs({resource});
  story.obey();
  story.become_active();
  story.carry_out();
  story.told.clear();
  return story;
}

TEST_CASE("A drain gives the VIP away first, then takes its address off, and says why") {
  Story story = active_story();
  story.give(drained("kernel upgrade"));
  CHECK_FALSE(story.router().participate);
  CHECK(story.steps.empty());  // the address goes when the role has gone
  CHECK(story.condition("web", "Ready").starts_with("True Active"));

  story.obey();
  CHECK(story.steps.empty());  // until the successor is heard
  story.end_hand_over();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  story.carry_out();
  CHECK(story.condition("web", "Ready") ==
        "False Drained: This node is drained; `keelvip undrain` on it ends that. It was drained "
        "with these words: kernel upgrade");
  const status::RouterStatus router = story.vip_status("web").routers.at(0);
  CHECK(router.role == NodeRole::kInitialize);
  CHECK(router.reason == "Drained");
  CHECK(story.times_told("Node is drained") == 1);
  CHECK(story.times_told("reason=kernel upgrade") == 1);
  CHECK_FALSE(story.controller.stopped());
}

TEST_CASE("An address that a drained node cannot get rid of is not passed over in silence") {
  Story story = active_story();
  story.give(drained());
  story.obey();
  story.end_hand_over();
  story.fail_steps(base::report_error("Operation not permitted (EPERM)"));
  CHECK(story.condition("web", "Ready") ==
        "False AddressNotRemoved: 192.0.2.10/24 cannot be removed: Operation not permitted "
        "(EPERM); waiting for a change, and trying again now and then.");
}

TEST_CASE("A drained node stays out whatever happens to its host and its specs") {
  Story story = active_story();
  story.give(drained());
  story.obey();
  story.carry_out();
  story.facts.links[1].running = false;
  story.read_host();
  story.facts.links[1].running = true;
  story.read_host();
  story.read_specs({kWeb, vip("mail", {"192.0.2.11/24"}, 52)});
  CHECK_FALSE(story.router(0).participate);
  CHECK_FALSE(story.router(1).participate);
  CHECK(story.condition("mail", "Ready").starts_with("False Drained"));
  CHECK(story.steps.empty());
}

TEST_CASE("An undrained node stands for election again") {
  Story story = active_story();
  story.give(drained("kernel upgrade"));
  story.obey();
  story.carry_out();
  story.give(undrained());
  CHECK(story.router().participate);
  CHECK(story.condition("web", "Ready").starts_with("False Starting"));
  CHECK(story.vip_status("web").routers.at(0).reason == "Starting");
  story.obey();
  CHECK(story.condition("web", "Ready") == "True Backup: This node stands by.");
  CHECK(story.times_told("no longer drained") == 1);
}

TEST_CASE("A node that starts drained never takes part, and leftovers are removed all the same") {
  Story story(host({address(2, "192.0.2.10/24", true)}));
  story.give(drained());
  story.read_host();
  story.read_specs({kWeb});
  CHECK_FALSE(story.router().participate);
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  story.carry_out();
  CHECK(story.vip_status("web").routers.at(0).reason == "Drained");
  CHECK(story.condition("web", "Ready") ==
        "False Drained: This node is drained; `keelvip undrain` on it ends that.");
}

TEST_CASE("Other words for the same drain change what is shown and nothing else") {
  Story story = active_story();
  story.give(drained("kernel upgrade"));
  story.obey();
  story.carry_out();
  const int configs = story.configs;
  const auto changes = story.controller.changes();
  story.give(drained("new disks"));
  CHECK(story.configs == configs);
  CHECK(story.controller.changes() > changes);
  CHECK(story.times_told("Node is drained") == 1);
  CHECK(story.condition("web", "Ready").ends_with("new disks"));
  CHECK(story.controller.snapshot(story.now).drain == drained("new disks").drain);
}

TEST_CASE("An owner that is drained falls silent, and says that its address stays") {
  api::VirtualIp web = kWeb;
  web.spec.priority = 255;
  Story story(host({address(2, "192.0.2.10/24")}));
  story.read_host();
  story.read_specs({web});
  story.obey();
  story.report(0, Role::kActive, TransitionReason::kAddressOwner);
  story.give(drained());
  CHECK_FALSE(story.router().participate);
  story.obey();
  CHECK(story.steps.empty());
  CHECK(story.condition("web", "Ready") ==
        "False Drained: This node is drained: it no longer advertises the addresses, but it owns "
        "them (priority 255), so they stay on eth0 until somebody removes them.");
}

TEST_CASE("A drained node stops at once: there is nothing left to give away") {
  Story story = active_story();
  story.give(drained());
  story.obey();
  story.end_hand_over();
  story.carry_out();
  story.give(StopRequested{});
  CHECK(story.controller.stopped());
}

}  // namespace
}  // namespace keelvip::reconcile
