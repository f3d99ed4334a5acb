#include "pkg/api/decode.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/object_reader.h"
#include "pkg/api/sample_documents.h"

namespace keelvip::api {

using base::Milliseconds;
using std::chrono::seconds;

TEST_CASE("the two nginx nodes of the tutorials are one document") {
  const VirtualIp vip = decoded(R"({
    "apiVersion": "keelvip.io/v1alpha1", "kind": "VirtualIP", "metadata": {"name": "web"},
    "spec": {
      "addresses": ["192.168.0.254/24"], "interface": "eth0", "virtualRouterID": 254,
      "vrrpVersion": 2, "advertIntervalMilliseconds": 2000, "priority": 100,
      "nodes": [{"name": "lb-1", "priority": 100}, {"name": "lb-2", "priority": 50}],
      "preemption": {"mode": "Delayed", "delaySeconds": 30},
      "authentication": {"type": "SimpleText", "password": "12345678"},
      "healthChecks": [{
        "name": "nginx", "httpGet": {"port": 80, "path": "/"},
        "periodMilliseconds": 5000, "timeoutMilliseconds": 1000,
        "successThreshold": 1, "failureThreshold": 1, "onFailure": {"action": "Withdraw"}}]}})");
  CHECK(vip.metadata.name == "web");
  CHECK(vip.spec.addresses == std::vector{*net::Prefix::parse("192.168.0.254/24")});
  CHECK(vip.spec.interface == "eth0");
  CHECK(vip.spec.virtual_router_id == 254);
  CHECK(vip.spec.vrrp_version == 2);
  CHECK(vip.spec.advert_interval == seconds(2));
  CHECK(vip.spec.priority == 100);
  CHECK(vip.spec.nodes == std::vector<NodePriority>{{"lb-1", 100}, {"lb-2", 50}});
  CHECK(vip.spec.preemption == Preemption{Preemption::Mode::kDelayed, seconds(30)});
  REQUIRE(vip.spec.authentication.has_value());
  CHECK(vip.spec.authentication->password.reveal() == "12345678");
  REQUIRE(vip.spec.health_checks.size() == 1);
  const HealthCheck& check = vip.spec.health_checks.front();
  CHECK(check.name == "nginx");
  CHECK(std::get<HttpGet>(check.probe) ==
        HttpGet{HttpGet::Scheme::kHttp, "127.0.0.1", 80, "/", {}});
  CHECK(check.period == seconds(5));
  CHECK(check.timeout == seconds(1));
  CHECK(check.success_threshold == 1);
  CHECK(check.failure_threshold == 1);
  CHECK(check.on_failure == OnFailure{});
}

TEST_CASE("what is left out has its default") {
  const VirtualIp vip =
      decoded(with_spec(R"({"addresses": ["192.0.2.10", "2001:db8::10"], "virtualRouterID": 1})"));
  CHECK(vip.spec.addresses.front().length == 32);
  CHECK(vip.spec.addresses.back().length == 128);
  CHECK(vip.spec.interface.empty());
  CHECK(vip.spec.vrrp_version == 3);
  CHECK(vip.spec.advert_interval == Milliseconds(200));
  CHECK(vip.spec.priority == 100);
  CHECK_FALSE(vip.spec.nodes.has_value());
  CHECK(vip.spec.preemption == Preemption{});
  CHECK_FALSE(vip.spec.authentication.has_value());
  CHECK(vip.spec.checksum_ipv4 == ChecksumIpv4::kAuto);
  CHECK(vip.spec.announce == Announce{});
  CHECK(vip.spec.health_checks.empty());
  CHECK(decoded(with_fields(R"("vrrpVersion": 2)")).spec.advert_interval == seconds(1));
}

TEST_CASE("a node without a priority has the one of the spec") {
  const VirtualIp vip = decoded(with_fields(R"("priority": 7, "nodes": [{"name": "a"}])"));
  CHECK(vip.spec.nodes == std::vector<NodePriority>{{"a", 7}});
}

TEST_CASE("all errors come at once, with their place, in the order of the file") {
  const Document document = decode(parse_one(with_spec(
      "{\"addresses\": [],\n\"virtualRouterID\": 0,\n\"priority\": \"100\",\n\"bogus\": 1}")));
  REQUIRE_FALSE(document.object.has_value());
  CHECK(document.name == "web");
  const std::vector<FieldError> expected = {
      {{2, 15}, "spec.addresses", "must have at least one address"},
      {{3, 20}, "spec.virtualRouterID", "must be a whole number from 1 to 255, not 0"},
      {{4, 13},
       "spec.priority",
       "must be a whole number from 1 to 255, not a string: remove the quotes"},
      {{5, 1},
       "spec.bogus",
       "unknown field \"bogus\"; known here: addresses, interface, virtualRouterID, vrrpVersion, "
       "advertIntervalMilliseconds, priority, nodes, preemption, authentication, checksumIPv4, "
       "announce, lease, healthChecks"}};
  CHECK(document.object.error() == expected);
}

TEST_CASE("what a person typed is shown without what steers a terminal") {
  const std::string reason = fault(with_fields(R"("x\u001b\u007f\u009b": 1)"));
  CHECK(reason.find("unknown field \"x???\"") != std::string::npos);
  CHECK(fault(with_spec(R"({"addresses": ["192.0.2.1\u001b[2J\n"], "virtualRouterID": 1})")) ==
        "spec.addresses[0]: \"192.0.2.1?[2J?\" is not an IP address");
}

TEST_CASE("an unknown field is an error that names the nearest known one") {
  CHECK(fault(with_fields(R"("advertIntervalMillis": 100)")) ==
        "spec.advertIntervalMillis: unknown field \"advertIntervalMillis\", did you mean "
        "\"advertIntervalMilliseconds\"?");
  CHECK(fault(with_fields(R"("healthcheck": [])")) ==
        "spec.healthcheck: unknown field \"healthcheck\", did you mean \"healthChecks\"?");
  CHECK(fault(with_fields(R"("announce": {"burstcount": 3})")) ==
        "spec.announce.burstcount: unknown field \"burstcount\", did you mean \"burstCount\"?");
}

TEST_CASE("fields of features to come are unknown") {
  for (const char* field : {"transport", "virtualMAC", "track", "syncGroup", "routes", "hooks",
                            "nodeSelector", "unadvertisedAddresses"}) {
    CAPTURE(field);
    CHECK_FALSE(faults(with_fields(fmt::format("\"{}\": {{}}", field))).empty());
  }
  CHECK(fault(with_fields(R"("healthChecks": [{"name": "a", "grpc": {"port": 1},
                             "tcpSocket": {"port": 1}}])")) ==
        "spec.healthChecks[0].grpc: unknown field \"grpc\": gRPC checks are not supported yet; use "
        "httpGet, tcpSocket or exec");
}

TEST_CASE("another kind of object is refused for that alone") {
  CHECK(
      fault(
          R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {}})") ==
      "kind: unknown kind \"ConfigMap\": must be VirtualIP");
  CHECK(fault("[]") == ": must be an object, not a list");
  CHECK(fault(R"({"apiVersion": "keelvip.io/v2", "kind": "VirtualIP", "metadata": {"name": "x"},
                  "spec": {"addresses": ["192.0.2.1/24"], "virtualRouterID": 1}})") ==
        "apiVersion: must be \"keelvip.io/v1alpha1\"");
  CHECK(faults("{}") == std::vector<std::string>{"apiVersion: is required", "kind: is required",
                                                 "metadata: is required", "spec: is required"});
}

TEST_CASE("a copy of what an API server returns is valid, with its status ignored") {
  const VirtualIp vip = decoded(R"({
    "apiVersion": "keelvip.io/v1alpha1", "kind": "VirtualIP",
    "metadata": {"name": "a.b-c", "uid": "x", "resourceVersion": "1", "generation": 7,
                 "creationTimestamp": null, "managedFields": [{"manager": "kubectl"}],
                 "ownerReferences": [], "finalizers": [], "labels": {"app": "web"},
                 "annotations": {"note": "any text"}},
    "spec": {"addresses": ["192.0.2.1/24"], "virtualRouterID": 1},
    "status": {"anything": ["goes"]}})");
  CHECK(vip.metadata.name == "a.b-c");
  CHECK(vip.metadata.generation == 7);
  CHECK(vip.metadata.labels.at("app") == "web");
  CHECK(vip.metadata.annotations.at("note") == "any text");
}

TEST_CASE("a name is a DNS-1123 subdomain, and there is no namespace") {
  const auto named = [](const std::string& name) { return faults(with_fields("", name)).empty(); };
  CHECK(named("a"));
  CHECK(named("0.a-b.example"));
  CHECK(named(std::string(253, 'a')));
  for (const auto& name :
       {std::string(), std::string("Web"), std::string("-a"), std::string("a-"),
        std::string("a..b"), std::string("a."), std::string("a_b"), std::string(254, 'a')}) {
    CAPTURE(name);
    CHECK_FALSE(named(name));
  }
  CHECK(fault(R"({"apiVersion": "keelvip.io/v1alpha1", "kind": "VirtualIP",
                  "metadata": {"name": "web", "namespace": "default"},
                  "spec": {"addresses": ["192.0.2.1/24"], "virtualRouterID": 1}})") ==
        "metadata.namespace: unknown field \"namespace\": a VirtualIP belongs to the cluster, not "
        "to a namespace");
}

TEST_CASE("null is no way to leave a field out") {
  CHECK(fault(with_fields(R"("priority": null)")) ==
        "spec.priority: has no value: give it one or leave it out");
  CHECK(fault(with_fields(R"("healthChecks": [{"name": "a", "tcpSocket": {"port": null}}])")) ==
        "spec.healthChecks[0].tcpSocket.port: has no value, but is required");
}

TEST_CASE("the errors of one document are bounded, and say so") {
  std::string fields;
  for (int i = 0; i < 200; ++i) {
    fields += fmt::format("{}\"zz{}\": 1", i > 0 ? ", " : "", i);
  }
  const auto lines = faults(with_fields(fields));
  CHECK(lines.size() == Errors::kMax + 1);
  CHECK(lines.back() == ": 150 more errors are not shown");
}

TEST_CASE("a list stands for its items") {
  const std::string good = with_fields("", "good");
  const std::string bad = with_fields("\"priority\": 300", "bad");
  const auto list = [&](const char* kind, const char* version) {
    return decode_all(parse_one(fmt::format(R"({{"apiVersion": "{}", "kind": "{}",
                                             "metadata": {{}}, "items": [{}, {}]}})",
                                            version, kind, good, bad)));
  };
  for (const auto& documents : {list("List", "v1"), list("VirtualIPList", kApiVersion)}) {
    REQUIRE(documents.size() == 2);
    CHECK(documents[0].object.has_value());
    REQUIRE_FALSE(documents[1].object.has_value());
    CHECK(documents[1].object.error().front().field == "items[1].spec.priority");
  }
  const auto wrong = list("List", "v2");
  REQUIRE(wrong.size() == 1);
  CHECK(wrong.front().object.error().front().reason == "must be \"v1\"");
}

}  // namespace keelvip::api
