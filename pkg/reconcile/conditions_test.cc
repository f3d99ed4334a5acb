// What people see: conditions, transitions and the rest of the snapshot.
#include "pkg/reconcile/conditions.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "pkg/reconcile/explain.h"
#include "pkg/reconcile/story.h"

namespace keelvip::reconcile {
namespace {

using namespace scenario;
using namespace std::chrono_literals;
using status::NodeRole;
using vrrp::Role;
using vrrp::TransitionReason;

const api::VirtualIp kWeb = vip("web", {"192.0.2.10/24"});

Story story_of(std::vector<api::VirtualIp> accepted, net::HostFacts facts = host()) {
  Story story(std::move(facts));
  story.read_host();
  story.read_specs(std::move(accepted));
  return story;
}

TEST_CASE("Every reason for not taking part comes with a sentence that says what to do") {
  api::VirtualIp web = kWeb;
  net::HostFacts facts = host();
  const auto ready = [&] { return story_of({web}, facts).condition("web", "Ready"); };
  SUBCASE("absent") {
    web.spec.interface = "eth7";
    CHECK(ready() == "False InterfaceAbsent: Interface eth7 does not exist; waiting for it.");
  }
  SUBCASE("no match") {
    web = vip("web", {"203.0.113.1"});
    web.spec.interface.clear();
    CHECK(ready() ==
          "False NoMatchingInterface: No interface has a subnet that holds 203.0.113.1; waiting "
          "for one (spec.interface can name it).");
  }
  SUBCASE("not Ethernet") {
    web.spec.interface = "lo";
    CHECK(ready() ==
          "False NotEthernet: lo is no Ethernet interface: adverts and ARP cannot be "
          "sent on it.");
  }
  SUBCASE("down") {
    facts.links[1].up = false;
    CHECK(ready() == "False InterfaceDown: Interface eth0 is down; waiting for it.");
  }
  SUBCASE("foreign") {
    facts = host({address(3, "192.0.2.10/32")});
    CHECK(ready() ==
          "False AddressIsForeign: 192.0.2.10/32 is on eth1 and Keelvip has not put it "
          "there; remove it, or give this node priority 255 if it owns the address.");
  }
  SUBCASE("no owner") {
    web.spec.priority = 255;
    CHECK(ready() ==
          "False NotAddressOwner: Priority 255 says that this node owns 192.0.2.10, but "
          "eth0 does not have it.");
  }
  SUBCASE("no source") {
    web = vip("web", {"2001:db8::10/64"});
    std::erase_if(facts.addresses, [](const auto& a) { return a.prefix.address.is_link_local(); });
    CHECK(ready() ==
          "False NoSourceAddress: eth0 has no usable IPv6 link-local address to send "
          "adverts from.");
  }
  SUBCASE("check without a result") {
    web.spec.health_checks = {check("http")};
    CHECK(ready() == "False HealthCheckPending: Health check http has no result yet.");
  }
}

TEST_CASE("The family that causes a fault is the one to read about") {
  net::HostFacts facts = host();
  std::erase_if(facts.addresses, [](const auto& a) { return a.prefix.address.is_link_local(); });
  Story story = story_of({vip("web", {"192.0.2.10/24", "2001:db8::10/64"})}, facts);
  CHECK(story.condition("web", "Ready").starts_with("False NoSourceAddress"));
  const auto routers = story.vip_status("web").routers;
  CHECK(routers.at(0).message ==
        "The IPv6 router of this VirtualIP cannot take part: NoSourceAddress.");
}

TEST_CASE("A failing check withdraws the node, a passing one brings it back") {
  api::VirtualIp web = kWeb;
  web.spec.health_checks = {check("http")};
  web.spec.health_checks[0].failure_threshold = 1;
  web.spec.health_checks[0].success_threshold = 1;
  Story story = story_of({web});
  story.end_check("web", "http", true);
  story.obey();
  story.become_active();
  story.carry_out();
  story.end_check("web", "http", false);
  CHECK_FALSE(story.router().participate);
  story.obey();
  story.carry_out();
  CHECK_FALSE(story.has_address("192.0.2.10/24"));
  CHECK(story.condition("web", "Ready") ==
        "False HealthCheckFailing: Health check http fails: connection refused.");
  CHECK(story.condition("web", "Healthy") ==
        "False HealthCheckFailing: Health check http fails: connection refused.");
  CHECK(story.times_told("Health check changed its verdict vip=web check=http "
                         "verdict=Unhealthy reason=connection refused") == 1);
  story.end_check("web", "http", true);
  story.obey();
  CHECK(story.condition("web", "Ready").starts_with("True Backup"));
}

TEST_CASE("A check that recovers is still unhealthy for the reason of its last failure") {
  api::VirtualIp web = kWeb;
  web.spec.health_checks = {check("http")};
  Story story = story_of({web});
  story.end_check("web", "http", false);
  story.end_check("web", "http", true);
  CHECK(story.condition("web", "Healthy") ==
        "False HealthCheckFailing: Health check http fails: connection refused.");
  CHECK(story.vip_status("web").routers.at(0).message ==
        "Health check http fails: connection refused.");
}

TEST_CASE("A fault that lasts under another culprit is told in words of now") {
  api::VirtualIp web = kWeb;
  web.spec.health_checks = {check("http"), check("disk")};
  Story story = story_of({web});
  story.end_check("web", "http", false);
  story.end_check("web", "disk", false);
  CHECK(story.condition("web", "Ready").find("check http fails") != std::string::npos);
  story.end_check("web", "http", true);
  story.end_check("web", "http", true);
  CHECK(story.condition("web", "Ready").find("check disk fails") != std::string::npos);
  CHECK(story.vip_status("web").routers.at(0).message ==
        "Health check disk fails: connection refused.");
}

TEST_CASE("A check that lowers the priority shows as a term of it") {
  api::VirtualIp web = kWeb;
  web.spec.nodes = {{{"lb-1", 150}}};
  web.spec.health_checks = {check("http", {api::OnFailure::Action::kLowerPriority, 60})};
  Story story = story_of({web});
  story.end_check("web", "http", false);
  CHECK(story.router().participate);
  CHECK(story.router().settings.priority.value == 90);
  const status::VipStatus status = story.vip_status("web");
  CHECK(status.routers.at(0).effective_priority == 90);
  CHECK(status.routers.at(0).priority_terms ==
        std::vector<status::PriorityTerm>{{"nodes[lb-1]", 150}, {"healthCheck http", -60}});
  CHECK(status.checks.at(0).verdict == "Unhealthy");
  CHECK(status.checks.at(0).action == "LowerPriority by 60");
  CHECK(status.checks.at(0).failures == 1);
}

TEST_CASE("Checks that fall silent count as failed") {
  api::VirtualIp web = kWeb;
  web.spec.health_checks = {check("http")};
  Story story = story_of({web});
  story.end_check("web", "http", true);
  REQUIRE(story.router().participate);
  for (int i = 0; i < 60 && story.router().participate; ++i) {
    story.pass(std::max(base::Duration{1ms}, story.controller.next_deadline() - story.now.instant));
  }
  CHECK_FALSE(story.router().participate);
}

TEST_CASE("Transitions carry the time at which the Speaker made them") {
  Story story = story_of({kWeb});
  story.obey();
  const base::WallTime became = story.now.wall;
  story.speaker.routers[0].role = Role::kActive;
  story.speaker.routers[0].reason = TransitionReason::kPeerResigned;
  story.speaker.routers[0].since = story.now.instant;
  story.wait(40ms);
  story.give(SpeakerReported{&story.speaker});
  const status::VipStatus status = story.vip_status("web");
  CHECK(status.routers.at(0).since == became);
  REQUIRE(status.transitions.size() == 2);
  CHECK(status.transitions[1] == status::Transition{became, net::Family::kIpv4, NodeRole::kBackup,
                                                    NodeRole::kActive, "PeerResigned",
                                                    "The Active resigned."});
  CHECK(status.routers.at(0).entered == std::array<std::uint64_t, 4>{1, 1, 1, 0});
}

TEST_CASE("Only the last transitions are kept, all are counted") {
  Story story = story_of({kWeb});
  story.obey();
  for (int i = 0; i < 20; ++i) {
    story.wait(1s);
    story.become_active();
    story.report(0, Role::kBackup, TransitionReason::kHigherPriority);
  }
  const status::VipStatus status = story.vip_status("web");
  CHECK(status.transitions.size() == status::kMaxTransitions);
  CHECK(status.transitions.back().reason == "HigherPriority");
  CHECK(status.routers.at(0).entered[static_cast<std::size_t>(NodeRole::kActive)] == 20);
}

TEST_CASE("The time of a condition is that of its status, not of its reason") {
  Story story = story_of({kWeb});
  story.obey();
  const auto ready = [&] { return story.vip_status("web").conditions.at(1); };
  REQUIRE(ready().type == "Ready");
  const base::WallTime since = ready().last_transition_time;
  story.wait(5s);
  story.become_active();
  story.carry_out();
  CHECK(ready().reason == "Active");
  CHECK(ready().last_transition_time == since);
  story.wait(5s);
  story.facts.links[1].up = false;
  story.read_host();
  story.obey();
  CHECK(ready().status == api::ConditionStatus::kFalse);
  CHECK(ready().last_transition_time == story.now.wall);
}

TEST_CASE("observedGeneration is that of the spec in force") {
  api::VirtualIp web = kWeb;
  web.metadata.generation = 7;
  for (const api::Condition& condition : story_of({web}).vip_status("web").conditions) {
    CHECK(condition.observed_generation == 7);
  }
}

TEST_CASE("Another Active on the wire is a conflict while it is heard") {
  Story story = story_of({kWeb});
  story.obey();
  story.become_active();
  story.carry_out();
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
  vrrp::Peer peer;
  peer.address = ip("192.0.2.3");
  peer.priority = {50};
  peer.advert_interval = base::Centiseconds{20};
  peer.last_heard = story.now.instant;
  story.speaker.routers[0].peers = {peer};
  story.wait(100ms);
  story.give(SpeakerReported{&story.speaker});
  // The last advert of the Active before us is no conflict.
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
  story.wait(900ms);
  story.speaker.routers[0].peers[0].last_heard = story.now.instant;
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted") ==
        "True AnotherActive: 192.0.2.3 is Active too, with priority 50.");
  CHECK(story.times_told("Virtual IP is in conflict") == 1);
  story.wait(1s);
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
  CHECK(story.times_told("Virtual IP is not in conflict") == 1);
}

TEST_CASE("Other addresses under the same number are a conflict while they are advertised") {
  Story story = story_of({kWeb});
  story.obey();
  vrrp::Peer peer;
  peer.address = ip("192.0.2.3");
  peer.priority = {150};
  peer.advert_interval = base::Centiseconds{20};
  peer.last_heard = story.now.instant;
  peer.addresses_differ = true;
  story.speaker.routers[0].peers = {peer};
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted") ==
        "True AddressesDiffer: 192.0.2.3 advertises other addresses for virtual router 51; all "
        "nodes must have the same.");
  story.wait(1s);
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
}

TEST_CASE(
    "Our address under another number is a conflict until it has not been heard for a while") {
  Story story = story_of({kWeb});
  story.obey();
  const vrrp::Stranger stranger{.interface = story.config->routers.at(0).settings.interface,
                                .family = net::Family::kIpv4,
                                .vrid = {52},
                                .source = ip("192.0.2.3"),
                                .first_address = ip("192.0.2.10"),
                                .advert_interval = base::Centiseconds{20},
                                .last_heard = story.now.instant};
  vrrp::Stranger other_address = stranger;
  other_address.first_address = ip("192.0.2.99");
  vrrp::Stranger elsewhere = stranger;
  elsewhere.interface = {77};
  story.speaker.strangers = {other_address, elsewhere};
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));

  story.speaker.strangers = {other_address, stranger};
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted") ==
        "True VirtualRouterIDsDiffer: 192.0.2.3 advertises 192.0.2.10 for virtual router 52; "
        "spec.virtualRouterID is 51 here, and all nodes must have the same.");

  // So many others that it is not among the latest.
  story.speaker.strangers = {other_address};
  story.wait(9s);
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("True VirtualRouterIDsDiffer"));
  story.wait(2s);
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
}

TEST_CASE("Who takes the number of the others is no longer in conflict with them") {
  Story story = story_of({kWeb});
  story.obey();
  story.speaker.strangers = {{.interface = story.config->routers.at(0).settings.interface,
                              .family = net::Family::kIpv4,
                              .vrid = {52},
                              .source = ip("192.0.2.3"),
                              .first_address = ip("192.0.2.10"),
                              .advert_interval = base::Centiseconds{20},
                              .last_heard = story.now.instant}};
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("True VirtualRouterIDsDiffer"));
  api::VirtualIp mended = kWeb;
  mended.spec.virtual_router_id = 52;
  story.read_specs({mended});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
  story.obey();
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
}

TEST_CASE("Refused adverts are a conflict for a while, with the reason and the sender") {
  Story story = story_of({kWeb});
  story.obey();
  story.speaker.routers[0].last_rejected =
      vrrp::RejectedAdvert{vrrp::Rejection::kAuthFailure, ip("192.0.2.66"), story.now.instant};
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted") ==
        "True AdvertsRejected: Adverts of 192.0.2.66 are refused: their password is not that of "
        "spec.authentication here (AuthFailure).");
  story.wait(11s);
  story.give(SpeakerReported{&story.speaker});
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
}

TEST_CASE("Two VIPs that want one VRID: the second says which one has it") {
  Story story = story_of({kWeb, vip("zzz", {"192.0.2.99"})});
  CHECK(story.condition("zzz", "Conflicted") ==
        "True VridInUse: VirtualIP web has virtualRouterID 51 on eth0 already (IPv4).");
  CHECK(story.condition("web", "Conflicted").starts_with("False NoConflict"));
}

TEST_CASE("The snapshot carries what the Speaker and the kernel count") {
  Story story = story_of({kWeb});
  story.obey();
  story.speaker.statistics.checksum_errors = 3;
  story.speaker.lateness.buckets[0] = 9;
  story.speaker.routers[0].statistics.advertisement_rcvd = 77;
  story.speaker.routers[0].preempt_not_before = story.now.instant + 30s;
  story.give(SpeakerReported{&story.speaker});
  story.facts.overruns = 1;
  story.facts.resyncs = 2;
  story.read_host();
  const status::Snapshot snapshot = story.controller.snapshot(story.now);
  CHECK(snapshot.node == "lb-1");
  CHECK(snapshot.speaker.checksum_errors == 3);
  CHECK(snapshot.lateness.buckets[0] == 9);
  CHECK(snapshot.kernel.overruns == 1);
  CHECK(snapshot.kernel.resyncs == 2);
  CHECK(snapshot.vips.at(0).routers.at(0).statistics.advertisement_rcvd == 77);
  CHECK(snapshot.vips.at(0).routers.at(0).preempt_not_before == story.now.wall + 30s);
  CHECK(snapshot.vips.at(0).routers.at(0).source_address == "192.0.2.1");
  CHECK(story.times_told("Kernel dropped notifications") == 1);
}

TEST_CASE("Every refusal for a fault of the advert has words of its own, with the setting here") {
  const vrrp::RouterSettings settings;
  const std::set no_fault{vrrp::Rejection::kTruncated, vrrp::Rejection::kUnknownRouter,
                          vrrp::Rejection::kInitialize, vrrp::Rejection::kOwnerIgnores};
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(vrrp::Rejection::kOwnerIgnores); ++i) {
    const auto rejection = static_cast<vrrp::Rejection>(i);
    const std::string text = explain_rejection(rejection, settings);
    CHECK(text.empty() == no_fault.contains(rejection));
    CHECK((text.empty() || seen.insert(text).second));
  }
  CHECK(explain_rejection(vrrp::Rejection::kVersion, settings) ==
        "they are not of VRRP version 3, which spec.vrrpVersion has here");
  CHECK(explain_rejection(vrrp::Rejection::kInterval, settings) == "their interval is 0");
  vrrp::RouterSettings older;
  older.version = vrrp::Version::kV2;
  older.advert_interval = base::Centiseconds{200};
  CHECK(explain_rejection(vrrp::Rejection::kInterval, older) ==
        "their interval is not the 2000 ms of spec.advertIntervalMilliseconds here");
}

TEST_CASE("Every role change of the Speaker has a sentence of its own") {
  std::vector<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(TransitionReason::kAddressOwner); ++i) {
    const std::string_view text = explain_transition(static_cast<TransitionReason>(i));
    CHECK_FALSE(text.empty());
    CHECK(std::ranges::find(seen, text) == seen.end());
    seen.push_back(text);
  }
}

}  // namespace
}  // namespace keelvip::reconcile
