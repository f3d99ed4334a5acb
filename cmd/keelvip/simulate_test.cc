#include "cmd/keelvip/simulate.h"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "cmd/keelvip/exit_code.h"
#include "pkg/api/json_parser.h"
#include "pkg/specfile/temporary_directory.h"

namespace keelvip::cmd {
namespace {

/// The example of the README.
std::string web(const std::string& more = "") {
  return R"(apiVersion: keelvip.io/v1alpha1
kind: VirtualIP
metadata: {name: web}
spec:
  addresses: [192.168.0.254/24]
  interface: eth0
  virtualRouterID: 254
  nodes:
  - {name: lb-1, priority: 100}
  - {name: lb-2, priority: 50}
)" + more;
}

constexpr const char* kCheck = "  healthChecks: [{name: nginx, httpGet: {port: 80}}]\n";

struct Run {
  int code;
  std::string out;
  std::string err;
};

Run run(const SimulateOptions& options) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = simulate(options, out, err);
  return {code, out.str(), err.str()};
}

Run run_on(const std::string& document, SimulateOptions options = {}) {
  const specfile::TemporaryDirectory directory;
  directory.write("web.yaml", document);
  options.config_directory = directory.path();
  return run(options);
}

bool tells(const Run& run, const char* text) {
  return run.out.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the example of the README survives every failure") {
  const Run table = run_on(web(kCheck));
  CHECK(table.code == kOk);
  CHECK(table.err.empty());
  CHECK(tells(table, "lb-1 loses power              web   lb-1     lb-2 "));
  CHECK(tells(table, "lb-1 is stopped               web   lb-1     lb-2    none "));
  CHECK(tells(table, "lb-1: check web/nginx fails   web   lb-1     lb-2 "));
  CHECK(tells(table,
              "lb-2: eth0 down               web   lb-1     lb-1    none     none          -\n"));
  CHECK(
      tells(table,
            "\n12 failures of 2 nodes: every VIP ends with one holder; the first election takes "));
  CHECK(tells(table, "; the longest outage is "));
}

TEST_CASE("a failure that a VIP does not survive is a no, with the reasons") {
  const Run alone = run_on(R"(apiVersion: keelvip.io/v1alpha1
kind: VirtualIP
metadata: {name: web}
spec: {addresses: [192.168.0.254/24], virtualRouterID: 1, nodes: [{name: lb-1}]}
)");
  CHECK(alone.code == kNo);
  CHECK(tells(alone, "lasts    none          lb-1: PowerCut"));
  CHECK(tells(alone, "5 failures of 1 node: in 5 of them a VIP ends without a holder"));
}

TEST_CASE("two holders in the end are a no") {
  const Run run = run_on(web("  lease: {durationSeconds: 0}\n"));
  CHECK(run.code == kNo);
  CHECK(tells(run, "in 1 of them a VIP ends with two holders"));
}

TEST_CASE("pairs that leave nobody, gone or withdrawn as asked, do not count") {
  SimulateOptions options;
  options.pairs = true;
  options.tries = 1;
  const Run fine = run_on(web(), options);
  CHECK(fine.code == kOk);
  CHECK(tells(fine, "nobody is left (not counted); lb-1: PowerCut; lb-2: PowerCut"));
  const Run failing = run_on(web(kCheck), options);
  CHECK(failing.code == kOk);
  CHECK(tells(failing,
              "nobody is left (not counted); lb-1: HealthCheckFailing; lb-2: "
              "HealthCheckFailing"));
}

TEST_CASE("what is left out is said") {
  SimulateOptions options;
  options.limit = 4;
  const Run run = run_on(web(), options);
  CHECK(tells(run, "4 failures of 2 nodes"));
  CHECK(tells(run, "6 more were left out; --limit sets how many are tried."));
}

TEST_CASE("nodes and interfaces that are made up are said to be") {
  const Run run = run_on(R"(apiVersion: keelvip.io/v1alpha1
kind: VirtualIP
metadata: {name: web}
spec: {addresses: [192.168.0.254/24], virtualRouterID: 1}
)");
  CHECK(run.code == kOk);
  CHECK(tells(run, "No document names a node: node-1 and node-2 are made up.\n"));
  CHECK(tells(run, "No document names the interface in 192.168.0.0/24: lan-0 is made up.\n"));
}

TEST_CASE("json has the same, for programs, and the same seed gives the same text") {
  SimulateOptions options;
  options.output = "json";
  const Run run = run_on(web(kCheck), options);
  CHECK(run.code == kOk);
  CHECK(run_on(web(kCheck), options).out == run.out);
  const auto documents = api::parse_json(run.out);
  REQUIRE(documents.size() == 1);
  REQUIRE(documents.front());
  const api::Node& root = *documents.front();
  REQUIRE(root.find("trials") != nullptr);
  CHECK(root.find("trials")->array()->size() == 13);
  CHECK(*root.find("ok") == api::Node{.position = {}, .value = true});
}

TEST_CASE("refused documents are told as validate does, and nothing is simulated") {
  const Run run = run_on(web("  priority: 300\n"));
  CHECK(run.code == kNo);
  CHECK(run.out.empty());
  CHECK(run.err.find("web.yaml:11:13: spec.priority: ") != std::string::npos);
}

TEST_CASE("without documents there is nothing to say yes to") {
  const specfile::TemporaryDirectory empty;
  SimulateOptions options;
  options.config_directory = empty.path();
  CHECK(run(options).code == kNo);
  options.config_directory += "/missing";
  CHECK(run(options).code == kEnvironment);
}

}  // namespace keelvip::cmd
