#include "pkg/reconcile/controller.h"

#include <doctest/doctest.h>

#include "pkg/reconcile/story.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using namespace std::chrono_literals;
using status::NodeRole;
using vrrp::Role;
using vrrp::TransitionReason;
using Texts = std::vector<std::string>;

/// Without a lease: nothing is renewed while other things are looked at.
api::VirtualIp web_for_ever() {
  api::VirtualIp web = vip("web", {"192.0.2.10/24"});
  web.spec.lease.duration = base::Duration::zero();
  return web;
}

const api::VirtualIp kWeb = web_for_ever();

/// web is Active here, its address is on and announced.
Story active_story(const api::VirtualIp& resource = kWeb) {
  Story story;
  story.read_host();
  story.read_specs({resource});
  story.obey();
  story.become_active();
  story.carry_out();
  story.told.clear();
  return story;
}

TEST_CASE("A VIP goes from its spec to an announced address") {
  Story story;
  story.read_specs({kWeb});
  CHECK(story.condition("web", "Ready") == "Unknown Starting: The host is being looked at.");
  CHECK_FALSE(story.router().participate);

  story.read_host();
  CHECK(story.router().participate);
  CHECK(story.router().settings.primary == ip("192.0.2.1"));
  CHECK(story.router().settings.interface == net::InterfaceIndex{2});
  CHECK(story.generation() == 0);

  story.obey();
  CHECK(story.condition("web", "Ready") == "True Backup: This node stands by.");
  CHECK(story.steps.empty());

  const Commands takeover = story.become_active();
  CHECK(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  CHECK_FALSE(takeover.speaker.has_value());

  story.carry_out();
  CHECK(story.generation() == 1);
  CHECK(story.steps.empty());
  CHECK(story.condition("web", "Ready") == "True Active: This node holds the addresses.");
  CHECK(story.vip_status("web").routers.at(0).addresses == std::vector{prefix("192.0.2.10/24")});
}

TEST_CASE("An answer that comes before the facts counts as the address being there") {
  Story story;
  story.read_host();
  story.read_specs({kWeb});
  story.obey();
  story.become_active();
  const net::AddressStep step = story.steps.at(0);
  story.give(StepsDone{{{step, {}}}});
  CHECK(story.generation() == 1);
  CHECK(story.steps.size() == 1);  // no second step for it
  story.apply(step);
  story.read_host();
  CHECK(story.generation() == 1);
  CHECK(story.steps.size() == 1);
}

TEST_CASE("Leftovers of an agent that was killed are removed at once, foreign addresses stay") {
  Story story(host({address(2, "192.0.2.10/24", true), address(3, "203.0.113.7/32", true),
                    address(3, "203.0.113.8/32")}));
  story.read_host();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2", "-203.0.113.7/32@3"});
  story.read_specs({kWeb});
  CHECK(story.steps.size() == 2);
  story.carry_out();
  CHECK_FALSE(story.has_address("192.0.2.10/24"));
  CHECK(story.controller.snapshot(story.now).kernel.strays_removed == 2);
  CHECK(story.times_told("Address removed that is not wanted here") == 2);
}

TEST_CASE("Item 53: what stops being Active takes its addresses off after it has resigned") {
  Story story = active_story();
  story.report(0, Role::kBackup, TransitionReason::kHigherPriority);
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  CHECK(story.generation() == 0);
  story.carry_out();
  CHECK(story.controller.snapshot(story.now).kernel.strays_removed == 0);

  SUBCASE("and is announced anew when it comes back") {
    story.become_active();
    story.carry_out();
    CHECK(story.generation() == 2);
  }
}

TEST_CASE("A role that comes back while the removal is in flight waits for it") {
  Story story = active_story();
  story.report(0, Role::kBackup, TransitionReason::kHigherPriority);
  REQUIRE(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  story.become_active();
  CHECK(story.steps.size() == 1);
  story.carry_out();
  CHECK(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  story.carry_out();
  CHECK(story.has_address("192.0.2.10/24"));
  CHECK(story.generation() == 2);
  CHECK(story.controller.snapshot(story.now).kernel.addresses_repaired == 0);
}

TEST_CASE("Item 72: an address that somebody removes is back at once, without an election") {
  Story story = active_story();
  story.remove_address("192.0.2.10/24");
  const Commands repair = story.read_host();
  CHECK(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  CHECK(story.router().participate);
  story.carry_out();
  CHECK(story.generation() == 2);
  CHECK(story.controller.snapshot(story.now).kernel.addresses_repaired == 1);
  CHECK(story.times_told("Address that had gone is back") == 1);
  CHECK(story.times_told("changed its role") == 0);

  SUBCASE("unless somebody fights over it: then once a second") {
    for (int i = 0; i < 30; ++i) {
      story.wait(10ms);
      story.remove_address("192.0.2.10/24");
      story.read_host();
      story.carry_out();
    }
    const auto repaired = story.controller.snapshot(story.now).kernel.addresses_repaired;
    CHECK(repaired < 15);
    CHECK(story.condition("web", "Ready").starts_with("False AddressLost"));
    story.pass(1s);
    story.carry_out();
    CHECK(story.controller.snapshot(story.now).kernel.addresses_repaired == repaired + 1);
  }
}

TEST_CASE("An interface that goes down means Fault, resignation and no addresses") {
  Story story = active_story();
  story.facts.links[1].running = false;
  story.read_host();
  CHECK_FALSE(story.router().participate);
  CHECK(story.router().settings.interface == net::InterfaceIndex{2});
  CHECK(story.steps.empty());
  story.obey();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  CHECK(story.condition("web", "Ready") ==
        "False NoCarrier: Interface eth0 has no carrier; waiting for it.");
  CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kFault);
  CHECK(story.times_told("from=Active to=Fault reason=NoCarrier") == 1);

  SUBCASE("and another fault is told as such, not as another role") {
    story.facts.links.erase(story.facts.links.begin() + 1);
    story.wait(5s);
    story.read_host();
    story.obey();
    CHECK(story.times_told("Virtual router has another fault") == 1);
    CHECK(story.vip_status("web").transitions.back().at == story.now.wall);
    CHECK(story.times_told("from=Fault") == 0);
  }

  SUBCASE("and is picked up when it comes back, under another index") {
    story.carry_out();
    story.facts.links[1] = link(9, "eth0");
    std::ranges::sort(story.facts.links, {}, &net::Link::index);
    story.facts.addresses.push_back(address(9, "192.0.2.1/24"));
    sort_addresses(story.facts);
    story.read_host();
    CHECK(story.router().participate);
    CHECK(story.router().settings.interface == net::InterfaceIndex{9});
    story.obey();
    CHECK(story.vip_status("web").routers.at(0).role == NodeRole::kBackup);
  }
}

TEST_CASE("A carrier that went and came between two readings is announced to the switch") {
  Story story = active_story();
  ++story.facts.links[1].carrier_losses;
  story.read_host();
  CHECK(story.generation() == 2);
  CHECK(story.steps.empty());
  story.facts.links[1].mac = {{2, 0, 0, 0, 0, 99}};
  story.read_host();
  CHECK(story.generation() == 3);
  CHECK(story.router().settings.mac == story.facts.links[1].mac);
  ++story.facts.links[2].carrier_losses;  // not its own link
  story.read_host();
  CHECK(story.generation() == 3);
}

TEST_CASE("An address that came too late for its role is no leftover") {
  Story story;
  story.read_host();
  story.read_specs({kWeb});
  story.obey();
  story.become_active();
  story.report(0, Role::kBackup, TransitionReason::kHigherPriority);
  story.carry_out();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  story.carry_out();
  CHECK(story.controller.snapshot(story.now).kernel.strays_removed == 0);
  CHECK(story.times_told("not wanted here") == 0);
}

TEST_CASE("An interface that was recreated unnoticed is not believed to be Active already") {
  Story story = active_story();
  story.facts.links[1] = link(9, "eth0");
  std::ranges::sort(story.facts.links, {}, &net::Link::index);
  std::erase_if(story.facts.addresses, [](const auto& a) { return a.interface.value == 2; });
  story.facts.addresses.push_back(address(9, "192.0.2.1/24"));
  sort_addresses(story.facts);
  story.read_host();
  story.give(TimePassed{});
  CHECK(story.router().settings.interface == net::InterfaceIndex{9});
  // A report that was made before the Speaker knew.
  story.speaker.config_revision = story.config->revision - 1;
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.steps.empty());
  story.become_active();
  CHECK(story.step_texts() == Texts{"+192.0.2.10/24@9"});
}

TEST_CASE("An owner is never given its addresses and never loses them") {
  api::VirtualIp web = kWeb;
  web.spec.priority = 255;
  Story story(host({address(2, "192.0.2.10/24")}));
  story.read_host();
  story.read_specs({web});
  CHECK(story.router().participate);
  CHECK(story.generation() == 1);
  story.report(0, Role::kActive, TransitionReason::kAddressOwner);
  CHECK(story.steps.empty());
  CHECK(story.condition("web", "Ready").starts_with("True Active"));
  story.report(0, Role::kInitialize, TransitionReason::kStopped);
  CHECK(story.steps.empty());
}

TEST_CASE("The config is renewed each second and good for three") {
  Story story = active_story();
  CHECK(story.config->expires == story.now.instant + 3s);
  CHECK(story.controller.next_deadline() == story.now.instant + 1s);
  const auto revision = story.config->revision;
  CHECK_FALSE(story.pass(999ms).speaker.has_value());
  CHECK(story.pass(1ms).speaker.has_value());
  CHECK(story.config->revision == revision + 1);
  CHECK(story.config->expires == story.now.instant + 3s);
}

TEST_CASE("Nothing new, nothing said: the same facts and reports call for nothing") {
  Story story = active_story();
  const int configs = story.configs;
  story.read_host();
  story.give(SpeakerReported{&story.speaker});
  story.give(TimePassed{});
  CHECK(story.configs == configs);
  CHECK(story.steps.empty());
  CHECK(story.told.empty());
}

TEST_CASE("A stop hands over first, then takes the addresses off, then is over") {
  Story story = active_story();
  story.give(StopRequested{});
  CHECK_FALSE(story.router().participate);
  CHECK(story.router().hand_over);
  CHECK(story.steps.empty());
  CHECK_FALSE(story.controller.stopped());
  story.obey();
  CHECK(story.steps.empty());
  SUBCASE("an address that somebody deletes meanwhile is not put back") {
    story.remove_address("192.0.2.10/24");
    story.read_host();
    CHECK(story.steps.empty());
    story.end_hand_over();
    CHECK(story.controller.stopped());
    return;
  }
  story.end_hand_over();
  CHECK(story.step_texts() == Texts{"-192.0.2.10/24@2"});
  CHECK_FALSE(story.controller.stopped());
  story.carry_out();
  CHECK(story.controller.stopped());
  CHECK(story.condition("web", "Ready") == "False Stopping: The agent is stopping.");
}

TEST_CASE("A stop with the cable out does not wait for a successor that cannot be heard") {
  Story story = active_story();
  story.facts.links[1].running = false;
  story.read_host();
  story.give(StopRequested{});
  CHECK_FALSE(story.router().hand_over);
}

TEST_CASE("A stop waits for the Speaker: a role older than the stop is not an answer") {
  Story story;
  story.read_host();
  story.read_specs({kWeb});
  story.obey();
  story.give(StopRequested{});
  CHECK_FALSE(story.controller.stopped());
  // It became Active just before it read the config.
  story.speaker.routers[0].role = Role::kActive;
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.steps.empty());  // about to resign: no addresses any more
  CHECK_FALSE(story.controller.stopped());
  story.obey();
  story.end_hand_over();
  CHECK(story.controller.stopped());
}

TEST_CASE("What the Speaker said before a stall is not acted upon") {
  Story story = active_story();
  story.speaker_hangs = true;
  SUBCASE("an address that has gone meanwhile is put back once the Speaker says it is Active") {
    story.pass(Controller::kReportLife + 1ms);
    story.remove_address("192.0.2.10/24");
    story.read_host();
    CHECK(story.steps.empty());
    story.become_active();
    CHECK(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  }
  SUBCASE("or for good, if it says that it is Backup") {
    story.pass(Controller::kReportLife + 1ms);
    story.remove_address("192.0.2.10/24");
    story.read_host();
    story.report(0, Role::kBackup, vrrp::TransitionReason::kStalled);
    CHECK(story.steps.empty());
  }
  SUBCASE("an address that is there stays until the Speaker has spoken") {
    story.pass(Controller::kReportLife + 1ms);
    story.read_host();
    CHECK(story.steps.empty());
    CHECK(story.has_address("192.0.2.10/24"));
  }
  SUBCASE("a second is no stall: repairs go on") {
    story.pass(1s);
    story.remove_address("192.0.2.10/24");
    story.read_host();
    CHECK(story.step_texts() == Texts{"+192.0.2.10/24@2"});
  }
}

TEST_CASE("A stop ends in time even if nobody answers, and says so") {
  Story story = active_story();
  story.give(StopRequested{});
  const base::Duration slowest = vrrp::hand_over_limit(vrrp::Version::kV3, base::Centiseconds{20});
  story.pass(slowest + 799ms);
  CHECK_FALSE(story.controller.stopped());
  CHECK(story.controller.next_deadline() <= story.now.instant + 1ms);
  story.pass(1ms);
  CHECK(story.controller.stopped());
  CHECK(story.times_told("Stopped before everything was given away") == 1);
}

TEST_CASE("A controller that knows nothing stops at once") {
  Story story;
  story.give(StopRequested{});
  CHECK(story.controller.stopped());
}

}  // namespace
}  // namespace keelvip::reconcile
