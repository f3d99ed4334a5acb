#include "pkg/api/encode.h"

#include <doctest/doctest.h>

#include "pkg/api/print.h"
#include "pkg/api/sample_documents.h"

namespace keelvip::api {
namespace {

constexpr const char* kEverything = R"({
  "apiVersion": "keelvip.io/v1alpha1", "kind": "VirtualIP",
  "metadata": {"name": "all", "generation": 3, "labels": {"app": "web"},
               "annotations": {"note": "\"quoted\" text"}},
  "spec": {
    "addresses": ["192.0.2.10/24"], "interface": "eth0", "virtualRouterID": 10,
    "vrrpVersion": 2, "advertIntervalMilliseconds": 3000, "priority": 90,
    "nodes": [{"name": "a", "priority": 200}], "preemption": {"mode": "Delayed", "delaySeconds": 5},
    "authentication": {"password": "s3cret"},
    "announce": {"burstCount": 3, "burstIntervalMilliseconds": 7,
                 "secondBurstDelayMilliseconds": 0, "refreshSeconds": 0},
    "lease": {"durationSeconds": 0},
    "healthChecks": [
      {"name": "http", "httpGet": {"port": 80, "path": "/", "httpHeaders":
         [{"name": "Host", "value": "x"}]}, "periodMilliseconds": 50, "timeoutMilliseconds": 20,
       "successThreshold": 3, "failureThreshold": 4,
       "onFailure": {"action": "LowerPriority", "by": 10}},
      {"name": "tcp", "tcpSocket": {"port": 22, "host": "192.0.2.1"}},
      {"name": "exec", "exec": {"command": ["/bin/true", "x"], "user": "root"}}]}})";

}  // namespace

TEST_CASE("the headers of a check are not shown, as they may carry credentials, except Host") {
  const VirtualIp vip = decoded(with_fields(R"("healthChecks": [{"name": "http", "httpGet": {
    "port": 80, "httpHeaders": [{"name": "Host", "value": "www"},
                                {"name": "Authorization", "value": "Basic c2VjcmV0"}]}}])"));
  const std::string shown = to_json(encode(vip), 0);
  CHECK(shown.find("www") != std::string::npos);
  CHECK(shown.find("c2VjcmV0") == std::string::npos);
  CHECK(shown.find("<redacted>") != std::string::npos);
  CHECK_FALSE(faults(shown).empty());
}

TEST_CASE("what is encoded decodes to the same object") {
  for (const std::string& text :
       {std::string(kEverything), with_fields(""), with_fields(R"("checksumIPv4": "RFC9568")"),
        with_spec(R"({"addresses": ["2001:db8::1/64", "fe80::1/64"], "virtualRouterID": 1,
                      "interface": "x"})")}) {
    const VirtualIp vip = decoded(text);
    VirtualIp again = decoded(to_json(encode(vip, Secrets::kKeep), 2));
    again.origin = vip.origin;
    CHECK(again == vip);
  }
}

TEST_CASE("a password is not shown, and what is shown is no password") {
  const VirtualIp vip = decoded(kEverything);
  const std::string text = to_json(encode(vip));
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find(R"("password":"<redacted>")") != std::string::npos);
  CHECK(fault(text).starts_with("spec.authentication.password: must have 1 to 8 bytes"));
}

TEST_CASE("a password that came from a file is shown as that file") {
  VirtualIp vip = decoded(kEverything);
  vip.spec.authentication->password_file = "/run/secret";
  const std::string text = to_json(encode(vip, Secrets::kKeep));
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find(R"("passwordFile":"/run/secret")") != std::string::npos);
}

TEST_CASE("the encoded document spells every default out") {
  CHECK(to_yaml(encode(decoded(with_fields(R"("healthChecks": [{"name": "ssh",
        "tcpSocket": {"port": 22}}])")))) == R"(apiVersion: keelvip.io/v1alpha1
kind: VirtualIP
metadata:
  name: web
  generation: 1
spec:
  addresses:
  - 192.0.2.10/24
  interface: eth0
  virtualRouterID: 10
  vrrpVersion: 3
  advertIntervalMilliseconds: 200
  priority: 100
  preemption:
    mode: Immediate
  checksumIPv4: Auto
  announce:
    burstCount: 5
    burstIntervalMilliseconds: 20
    secondBurstDelayMilliseconds: 5000
    refreshSeconds: 60
  lease:
    durationSeconds: 3
  healthChecks:
  - name: ssh
    tcpSocket:
      host: "127.0.0.1"
      port: 22
    periodMilliseconds: 1000
    timeoutMilliseconds: 1000
    successThreshold: 2
    failureThreshold: 2
    onFailure:
      action: Withdraw
)");
}

}  // namespace keelvip::api
