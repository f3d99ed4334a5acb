#include "pkg/status/status_json.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "pkg/status/example_snapshot.h"
#include "pkg/status/golden.h"

namespace keelvip::status {
namespace {

using nlohmann::json;

TEST_CASE("the status of a node is what its golden text says") {
  const json parsed = json::parse(to_json(example_snapshot()));
  CHECK(differs_from_golden("status.json", parsed.dump(2) + "\n") == "");
}

TEST_CASE("a drained node says since when and why, and why it could not be drained by its file") {
  Snapshot snapshot = example_snapshot();
  snapshot.drain = {.drained = true,
                    .since = snapshot.started,
                    .reason = "kernel upgrade",
                    .file = "/var/lib/keelvip/drained",
                    .problem = "cannot write /var/lib/keelvip"};
  CHECK(json::parse(to_json(snapshot))["drain"] ==
        json{{"drained", true},
             {"since", "2026-01-31T12:00:00.000000Z"},
             {"reason", "kernel upgrade"},
             {"file", "/var/lib/keelvip/drained"},
             {"problem", "cannot write /var/lib/keelvip"}});
}

TEST_CASE("a list of VirtualIPs looks as Kubernetes would show it") {
  const json list = json::parse(virtual_ips_json(example_snapshot()));
  CHECK(list["apiVersion"] == "keelvip.io/v1alpha1");
  CHECK(list["kind"] == "VirtualIPList");
  CHECK(list["metadata"] == json::object());
  REQUIRE(list["items"].size() == 2);
  const json& web = list["items"][1];
  CHECK(web["kind"] == "VirtualIP");
  CHECK(web["metadata"]["name"] == "web");
  CHECK(web["status"]["observedGeneration"] == 3);
  CHECK(web["status"]["conditions"][1]["lastTransitionTime"] == "2026-01-31T12:00:01Z");
  CHECK(web["status"]["nodes"][0]["role"] == "Active");
}

TEST_CASE("a Kubernetes object does not change with every advert") {
  Snapshot snapshot = example_snapshot();
  const std::string before = virtual_ips_json(snapshot);
  const std::string full_before = to_json(snapshot);
  ++snapshot.vips[1].routers[0].statistics.advertisement_sent;
  snapshot.vips[1].routers[0].peers[0].last_heard += std::chrono::seconds{1};
  ++snapshot.vips[1].checks[0].successes;
  CHECK(virtual_ips_json(snapshot) == before);
  CHECK(to_json(snapshot) != full_before);
}

TEST_CASE("one VirtualIP is found by its name, another is not invented") {
  const Snapshot snapshot = example_snapshot();
  const auto web = virtual_ip_json(snapshot, "web");
  REQUIRE(web);
  CHECK(json::parse(*web) == json::parse(virtual_ips_json(snapshot))["items"][1]);
  CHECK_FALSE(virtual_ip_json(snapshot, "mail"));
  CHECK_FALSE(virtual_ip_json(snapshot, ""));
}

TEST_CASE("while the families differ the node claims the role furthest from Active") {
  Snapshot snapshot = example_snapshot();
  snapshot.vips[1].routers[1].role = NodeRole::kFault;
  snapshot.vips[1].routers[1].reason = "LinkDown";
  const json node = json::parse(to_json(snapshot))["items"][1]["status"]["nodes"][0];
  CHECK(node["role"] == "Fault");
  CHECK(node["reason"] == "LinkDown");
  CHECK(node["routers"][0]["role"] == "Active");
}

TEST_CASE("a VIP that is not for this node shows no node") {
  Snapshot snapshot = example_snapshot();
  snapshot.vips[0].routers.clear();
  CHECK(json::parse(to_json(snapshot))["items"][0]["status"]["nodes"] == json::array());
}

TEST_CASE("a Backup that waits to preempt says until when") {
  Snapshot snapshot = example_snapshot();
  RouterStatus& router = snapshot.vips[1].routers[0];
  router.preempt_not_before = snapshot.started + std::chrono::seconds{30};
  const json node = json::parse(to_json(snapshot))["items"][1]["status"]["nodes"][0];
  CHECK(node["routers"][0]["preemptNotBefore"] == "2026-01-31T12:00:30.000000Z");
  CHECK_FALSE(node["routers"][1].contains("preemptNotBefore"));
}

TEST_CASE("a password is in no text") {
  const Snapshot snapshot = example_snapshot();
  CHECK(to_json(snapshot).find(kExamplePassword) == std::string::npos);
  CHECK(virtual_ips_json(snapshot).find(kExamplePassword) == std::string::npos);
}

TEST_CASE("invalid UTF-8, quotes and control characters come out as valid JSON") {
  const json status = json::parse(to_json(example_snapshot()));
  CHECK(status["items"][1]["status"]["nodes"][0]["checks"][0]["lastReason"] ==
        "answered \"\xEF\xBF\xBD\"\n");
}

}  // namespace
}  // namespace keelvip::status
