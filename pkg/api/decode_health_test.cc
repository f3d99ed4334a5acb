#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/sample_documents.h"

namespace keelvip::api {
namespace {

std::string with_check(std::string_view fields) {
  return with_fields(fmt::format(R"("healthChecks": [{{"name": "c", {}}}])", fields));
}

HealthCheck check(std::string_view fields) {
  return decoded(with_check(fields)).spec.health_checks.at(0);
}

std::string with_http(std::string_view fields) {
  return with_check(fmt::format(R"("httpGet": {{"port": 80, {}}})", fields));
}

}  // namespace

TEST_CASE("a check asks the node itself every second unless it says otherwise") {
  const HealthCheck defaults = check(R"("tcpSocket": {"port": 22})");
  CHECK(std::get<TcpSocket>(defaults.probe) == TcpSocket{"127.0.0.1", 22});
  CHECK(defaults.period == base::Milliseconds(1000));
  CHECK(defaults.timeout == base::Milliseconds(1000));
  CHECK(defaults.success_threshold == 2);
  CHECK(defaults.failure_threshold == 2);
  CHECK(defaults.on_failure.action == OnFailure::Action::kWithdraw);
}

TEST_CASE("an HTTP check is a core/v1 httpGet") {
  const HealthCheck http = check(
      R"("httpGet": {"scheme": "HTTPS", "host": "fd00::1", "port": 6443, "path": "/readyz?verbose",
         "httpHeaders": [{"name": "Host", "value": "web.example"}, {"name": "X", "value": ""}]})");
  CHECK(std::get<HttpGet>(http.probe) == HttpGet{HttpGet::Scheme::kHttps,
                                                 "fd00::1",
                                                 6443,
                                                 "/readyz?verbose",
                                                 {{"Host", "web.example"}, {"X", ""}}});
  CHECK(fault(with_check(R"("httpGet": {"path": "/"})")) ==
        "spec.healthChecks[0].httpGet.port: is required");
  for (const char* bad :
       {R"("path": "no-slash")", R"("path": "")", R"("path": "/a b")", R"("path": "/a#b")",
        R"("path": "/\r\nX: y")", R"("host": "")", R"("host": "a b")", R"("host": "1.2.3")",
        R"("host": "[::1]")", R"("host": "http://a")", R"("scheme": "https")",
        R"("httpHeaders": [{"name": "a b", "value": "x"}])",
        R"("httpHeaders": [{"name": "a", "value": "x\r\nInjected: y"}])",
        R"("httpHeaders": [{"name": "a"}])", R"("httpHeaders": {"a": "b"})", R"("prot": 1)"}) {
    CAPTURE(bad);
    CHECK_FALSE(fault(with_http(bad)).empty());
  }
}

TEST_CASE("a port is a number; its name means nothing on a host") {
  CHECK(fault(with_check(R"("tcpSocket": {"port": "http"})")) ==
        "spec.healthChecks[0].tcpSocket.port: must be a whole number from 1 to 65535, not a "
        "string");
  CHECK(fault(with_check(R"("tcpSocket": {"port": "80"})"))
            .ends_with("not a string: remove the quotes"));
  CHECK_FALSE(faults(with_check(R"("tcpSocket": {"port": 65536})")).empty());
}

TEST_CASE("an exec check names a program by its path, and runs as nobody") {
  const HealthCheck exec = check(R"("exec": {"command": ["/usr/bin/test", "-f", ""]})");
  CHECK(std::get<Exec>(exec.probe) == Exec{{"/usr/bin/test", "-f", ""}, "nobody"});
  CHECK(std::get<Exec>(check(R"("exec": {"command": ["/x"], "user": "www-data"})").probe).user ==
        "www-data");
  CHECK(fault(with_check(R"("exec": {"command": []})")) ==
        "spec.healthChecks[0].exec.command: must name a program");
  CHECK(fault(with_check(R"("exec": {"command": ["pgrep", "nginx"]})")) ==
        "spec.healthChecks[0].exec.command[0]: must be the absolute path of a program");
  CHECK(fault(with_check(R"("exec": {"command": "/bin/true"})")) ==
        "spec.healthChecks[0].exec.command: must be a list, not a string: put it in [brackets]");
  CHECK_FALSE(faults(with_check(R"("exec": {"command": ["/x"], "user": "a b"})")).empty());
  CHECK_FALSE(faults(with_check(R"("exec": {})")).empty());
}

TEST_CASE("a check is exactly one kind of probe") {
  const std::string expected =
      "spec.healthChecks[0]: must have exactly one of httpGet, tcpSocket and exec";
  CHECK(fault(with_check(R"("periodMilliseconds": 100)")) == expected);
  CHECK(fault(with_check(R"("tcpSocket": {"port": 1}, "exec": {"command": ["/x"]})")) == expected);
}

TEST_CASE("a failing check withdraws the node or lowers its priority") {
  const HealthCheck lower =
      check(R"("tcpSocket": {"port": 1}, "onFailure": {"action": "LowerPriority", "by": 60})");
  CHECK(lower.on_failure == OnFailure{OnFailure::Action::kLowerPriority, 60});
  const auto on_failure = [](std::string_view text) {
    return fault(with_check(fmt::format(R"("tcpSocket": {{"port": 1}}, "onFailure": {})", text)));
  };
  CHECK(on_failure(R"({"action": "LowerPriority"})") ==
        "spec.healthChecks[0].onFailure.by: is required with action LowerPriority");
  CHECK(on_failure(R"({"by": 10})") ==
        "spec.healthChecks[0].onFailure.by: is only for action LowerPriority");
  CHECK(on_failure(R"({"action": "LowerPriority", "by": 254})").find("1 to 253") !=
        std::string::npos);
  CHECK(on_failure(R"({"action": "Lower", "by": 1})").ends_with("did you mean \"LowerPriority\"?"));
}

TEST_CASE("the times and thresholds of a check are bounded") {
  for (const char* bad : {R"("periodMilliseconds": 9)", R"("periodMilliseconds": 3600001)",
                          R"("timeoutMilliseconds": 0)", R"("timeoutMilliseconds": 600001)",
                          R"("successThreshold": 0)", R"("failureThreshold": 101)"}) {
    CAPTURE(bad);
    CHECK(fault(with_check(fmt::format(R"("tcpSocket": {{"port": 1}}, {})", bad)))
              .find("must be a whole number from") != std::string::npos);
  }
  // Attempts never overlap: a slow one delays the next.
  CHECK(faults(with_check(R"("tcpSocket": {"port": 1}, "periodMilliseconds": 100)")).empty());
}

TEST_CASE("checks have names of their own") {
  CHECK(fault(with_fields(R"("healthChecks": [{"name": "a", "tcpSocket": {"port": 1}},
                                              {"name": "a", "tcpSocket": {"port": 2}}])")) ==
        "spec.healthChecks[1].name: \"a\" is the name of another check already");
  CHECK(fault(with_fields(R"("healthChecks": [{"tcpSocket": {"port": 1}}])")) ==
        "spec.healthChecks[0].name: is required");
  CHECK(fault(with_fields(R"("healthChecks": [{"name": "A.b", "tcpSocket": {"port": 1}}])"))
            .starts_with("spec.healthChecks[0].name: must be lower-case"));
  CHECK(fault(with_fields(R"("healthChecks": ["x"])")) ==
        "spec.healthChecks[0]: must be an object, not a string");
}

}  // namespace keelvip::api
