#include "pkg/status/example_snapshot.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace keelvip::status {

namespace {

using base::Centiseconds;
using base::Milliseconds;
using base::WallTime;
using net::Family;

/// `offset` after 2026-01-31T12:00:00Z.
WallTime at(base::Duration offset) {
  return WallTime{std::chrono::seconds{1'769'860'800}} + offset;
}

api::VirtualIp web_resource(const std::string& name) {
  api::VirtualIp resource;
  resource.metadata.name = name;
  resource.metadata.labels = {{"team", "edge"}};
  resource.metadata.generation = 3;
  resource.spec.addresses = {*net::Prefix::parse("192.168.0.254/24"),
                             *net::Prefix::parse("2001:db8::254/64")};
  resource.spec.interface = "eth0";
  resource.spec.virtual_router_id = 254;
  resource.spec.nodes = {{.name = "lb-1", .priority = 100}, {.name = "lb-2", .priority = 50}};
  resource.spec.authentication = api::Authentication{api::Secret(kExamplePassword), ""};
  api::HealthCheck check;
  check.name = "nginx";
  check.on_failure = {.action = api::OnFailure::Action::kLowerPriority, .by = 60};
  resource.spec.health_checks = {check};
  return resource;
}

RouterStatus active_router(Family family) {
  RouterStatus router;
  router.family = family;
  router.vrid = 254;
  router.role = NodeRole::kActive;
  router.since = at(Milliseconds{1'500});
  router.reason = "NoResponse";
  router.message = "No advert was heard for 600 ms.";
  router.effective_priority = 40;
  router.priority_terms = {{"nodes[lb-1]", 100}, {"healthCheck nginx", -60}};
  router.interface = "eth0";
  router.source_address = family == Family::kIpv4 ? "192.168.0.11" : "fe80::11";
  router.advert_interval = Centiseconds{20};
  router.addresses = {
      *net::Prefix::parse(family == Family::kIpv4 ? "192.168.0.254/24" : "2001:db8::254/64")};
  router.peers = {
      {.address = *net::IpAddress::parse(family == Family::kIpv4 ? "192.168.0.12" : "fe80::12"),
       .priority = 30,
       .advert_interval = Centiseconds{20},
       .last_heard = at(Milliseconds{900})}};
  router.last_rejected = {vrrp::Rejection::kAuthFailure, *net::IpAddress::parse("192.168.0.66"),
                          at(Milliseconds{800})};
  router.statistics.advertisement_sent = 1234;
  router.statistics.advertisement_rcvd = 17;
  router.statistics.auth_failure = 2;
  router.statistics.checksum_form_message_only = 17;
  router.statistics.announcements_sent = 10;
  router.entered = {1, 1, 1, 0};
  return router;
}

VipStatus web(const std::string& name) {
  VipStatus vip;
  vip.resource = std::make_shared<const api::VirtualIp>(web_resource(name));
  vip.conditions = {
      {"Accepted", api::ConditionStatus::kTrue, "Valid", "The spec is in force.", at({}), 3},
      {"Ready", api::ConditionStatus::kTrue, "Held", "This node holds the addresses.",
       at(Milliseconds{1'500}), 3}};
  vip.routers = {active_router(Family::kIpv4), active_router(Family::kIpv6)};
  CheckStatus check;
  check.name = "nginx";
  check.kind = "httpGet";
  check.verdict = "Unhealthy";
  check.action = "LowerPriority by 60";
  check.since = at(Milliseconds{1'000});
  check.last_reason = "answered \"\xff\"\n";
  check.last_took = std::chrono::microseconds{2'500};
  check.successes = 40;
  check.failures = 3;
  vip.checks = {check};
  vip.transitions = {{at(Milliseconds{500}), Family::kIpv4, NodeRole::kInitialize,
                      NodeRole::kBackup, "Started", "The agent started."},
                     {at(Milliseconds{1'500}), Family::kIpv4, NodeRole::kBackup, NodeRole::kActive,
                      "NoResponse", "No advert was heard for 600 ms."}};
  return vip;
}

VipStatus faulty_db() {
  api::VirtualIp resource;
  resource.metadata.name = "db";
  resource.spec.addresses = {*net::Prefix::parse("10.0.0.9")};
  resource.spec.interface = "bond7";
  resource.spec.virtual_router_id = 9;
  VipStatus vip;
  vip.resource = std::make_shared<const api::VirtualIp>(std::move(resource));
  vip.conditions = {
      {"Accepted", api::ConditionStatus::kTrue, "Valid", "The spec is in force.", at({}), 1},
      {"Ready", api::ConditionStatus::kFalse, "InterfaceNotFound",
       "Interface \"bond7\" does not exist; waiting for it.", at({}), 1}};
  RouterStatus router;
  router.vrid = 9;
  router.role = NodeRole::kFault;
  router.since = at({});
  router.reason = "InterfaceNotFound";
  router.message = "Interface \"bond7\" does not exist; waiting for it.";
  router.effective_priority = 100;
  router.priority_terms = {{"spec", 100}};
  router.advert_interval = Centiseconds{20};
  router.entered = {1, 0, 0, 1};
  vip.routers = {router};
  return vip;
}

}  // namespace

Snapshot example_snapshot() {
  Snapshot snapshot;
  snapshot.node = "lb-1";
  snapshot.version = "1.2.3";
  snapshot.commit = "abc1234";
  snapshot.taken = {base::Instant{std::chrono::seconds{5}}, at(std::chrono::seconds{5})};
  snapshot.started = at({});
  snapshot.vips = {faulty_db(), web("web")};
  snapshot.specs.source = "/etc/keelvip";
  snapshot.specs.revision = 2;
  snapshot.specs.last_reload = at(std::chrono::seconds{3});
  snapshot.specs.rejected = {{.kind = api::Rejected::Kind::kInvalid,
                              .name = "mail",
                              .source = "/etc/keelvip/mail.yaml",
                              .errors = {{{4, 3}, "spec.prioritty", "unknown field"}},
                              .previous_in_force = true}};
  snapshot.drain.file = "/var/lib/keelvip/drained";
  snapshot.speaker.packets_received = 40;
  snapshot.speaker.vrid_errors = 3;
  snapshot.losses.unsent_link_down = 2;
  snapshot.losses.unread = 7;
  snapshot.lateness.buckets = {5, 4, 3, 0, 0, 0, 0, 0, 1, 0};
  snapshot.lateness.sum = Milliseconds{12};
  snapshot.kernel.resyncs = 1;
  snapshot.kernel.addresses_added = 2;
  snapshot.worker.restarts = 1;
  snapshot.worker.last_death = "killed by SIGSEGV";
  snapshot.worker.last_death_at = at({});
  return snapshot;
}

Snapshot crowded_snapshot(int count) {
  Snapshot snapshot = example_snapshot();
  snapshot.vips.clear();
  for (int i = 0; i < count; ++i) {
    snapshot.vips.push_back(web(fmt::format("web-{:05}", i)));
  }
  return snapshot;
}

}  // namespace keelvip::status
