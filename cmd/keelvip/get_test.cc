#include "cmd/keelvip/get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "cmd/keelvip/age.h"
#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/exit_code.h"
#include "pkg/httpapi/http_client.h"
#include "pkg/httpapi/listener.h"
#include "pkg/status/example_snapshot.h"
#include "pkg/status/status_json.h"

namespace keelvip::cmd {
namespace {

/// Five minutes and ten seconds after the example begins.
base::WallTime later() {
  return *parse_time("2026-01-31T12:05:10Z");
}

std::string table_of(const status::Snapshot& snapshot, bool wide, const std::string& name = "") {
  std::ostringstream out;
  print_vips(*parse_answer(status::to_json(snapshot)), name, wide, later(), out);
  return out.str();
}

struct Run {
  int code;
  std::string out;
  std::string err;
};

Run run(const std::string& endpoint, const std::string& name, const std::string& output) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = get({.name = name, .output = output, .endpoint = endpoint}, out, err);
  return {code, out.str(), err.str()};
}

std::shared_ptr<const status::Snapshot> example() {
  return std::make_shared<const status::Snapshot>(status::example_snapshot());
}

TEST_CASE("the table tells who holds what, and why not") {
  CHECK(table_of(status::example_snapshot(), false) ==
        "NAME   ADDRESSES                           INTERFACE   ROLE     PRIORITY   READY   "
        "REASON              AGE\n"
        "db     10.0.0.9/32                         bond7       Fault    100        False   "
        "InterfaceNotFound   5m10s\n"
        "web    192.168.0.254/24,2001:db8::254/64   eth0        Active   40         True    "
        "Held                5m10s\n");
}

TEST_CASE("the wide table adds the virtual router, who is Active, and the checks") {
  CHECK(table_of(status::example_snapshot(), true, "web") ==
        "NAME   ADDRESSES                           INTERFACE   ROLE     PRIORITY   READY   "
        "REASON   AGE     NODE   VRID   VERSION   ACTIVE   SINCE   CHECKS\n"
        "web    192.168.0.254/24,2001:db8::254/64   eth0        Active   40         True    "
        "Held     5m10s   lb-1   254    3         lb-1     5m9s    0/1\n");
}

TEST_CASE("a Backup names the router that it hears as the Active one") {
  status::Snapshot snapshot = status::example_snapshot();
  for (status::RouterStatus& router : snapshot.vips[1].routers) {
    router.role = status::NodeRole::kBackup;
  }
  CHECK(table_of(snapshot, true, "web").find("192.168.0.12") != std::string::npos);
}

TEST_CASE("a VIP that is not for this node has a row without a role") {
  status::Snapshot snapshot = status::example_snapshot();
  snapshot.vips[0].routers.clear();
  CHECK(table_of(snapshot, false).find("bond7       <none>   <none>") != std::string::npos);
}

TEST_CASE("an answer of another shape shows less, and nothing breaks") {
  std::ostringstream out;
  print_vips(*parse_answer(R"({"items":[{"status":{"nodes":[7]}},{},3,null]})"), "", true, later(),
             out);
  CHECK(out.str().find("Unknown") != std::string::npos);
  CHECK_FALSE(parse_answer("<html>").has_value());
  CHECK_FALSE(parse_answer(std::string(100'000, '[') + std::string(100'000, ']')).has_value());
}

TEST_CASE("get asks the agent and says which documents it refuses") {
  httpapi::RunningServer server(example());
  const Run all = run(server.address(), "", "table");
  CHECK(all.code == kOk);
  CHECK(all.out.starts_with("NAME"));
  CHECK(all.err ==
        "refused: /etc/keelvip/mail.yaml:4:3: spec.prioritty: unknown field (the version before it "
        "stays in force)\n");
  const Run one = run("http://" + server.address() + "/", "web", "wide");
  CHECK(one.code == kOk);
  CHECK(one.out.find("10.0.0.9") == std::string::npos);
  CHECK(one.err.empty());
}

TEST_CASE("get says of a drained node that it is, for how long and why") {
  status::Snapshot snapshot = status::example_snapshot();
  snapshot.drain = {
      .drained = true, .since = snapshot.started, .reason = "new disks", .file = {}, .problem = {}};
  const api::Node answer = *parse_answer(status::to_json(snapshot));
  CHECK(drain_line(answer, later()) == "lb-1 is drained for 5m10s: new disks");
  CHECK(drain_line(*parse_answer(status::to_json(status::example_snapshot())), later()).empty());

  httpapi::RunningServer server(std::make_shared<const status::Snapshot>(snapshot));
  CHECK(run(server.address(), "", "table").err.starts_with("lb-1 is drained for "));
}

TEST_CASE("a name that is not there is a no, with the reason if its document is refused") {
  httpapi::RunningServer server(example());
  for (const char* output : {"table", "wide", "json", "yaml"}) {
    const Run none = run(server.address(), "no such/vip", output);
    CHECK(none.code == kNo);
    CHECK(none.out.empty());
    CHECK(none.err.find("\"no such/vip\" not found") != std::string::npos);
  }
  for (const char* output : {"table", "wide", "json", "yaml"}) {
    const Run refused = run(server.address(), "mail", output);
    CHECK(refused.code == kNo);
    CHECK(refused.out.empty());
    CHECK(refused.err.find("spec.prioritty: unknown field") != std::string::npos);
  }
}

TEST_CASE("json and yaml show the objects as Kubernetes would") {
  httpapi::RunningServer server(example());
  const Run list = run(server.address(), "", "json");
  CHECK(list.code == kOk);
  CHECK(
      list.out.starts_with("{\n    \"apiVersion\": \"keelvip.io/v1alpha1\",\n"
                           "    \"kind\": \"VirtualIPList\",\n"));
  const Run one = run(server.address(), "web", "yaml");
  CHECK(one.code == kOk);
  CHECK(one.out.starts_with("apiVersion: keelvip.io/v1alpha1\nkind: VirtualIP\nmetadata:\n"));
  CHECK(one.out.find(status::kExamplePassword) == std::string::npos);
}

TEST_CASE("an agent that cannot be asked is an error that says what to do") {
  // Bound, so that nobody else can get the port, and not listening.
  const runtime::UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in bound{};
  bound.sin_family = AF_INET;
  bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof bound;
  REQUIRE(::bind(holder.get(), reinterpret_cast<sockaddr*>(&bound), size) == 0);
  REQUIRE(::getsockname(holder.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  const std::string address = "127.0.0.1:" + std::to_string(ntohs(bound.sin_port));
  for (const char* output : {"table", "json"}) {
    const Run unreachable = run(address, "", output);
    CHECK(unreachable.code == kEnvironment);
    CHECK(unreachable.err.find("Connection refused (ECONNREFUSED)") != std::string::npos);
    CHECK(unreachable.err.find("--endpoint") != std::string::npos);
  }
  CHECK(run("file:///etc/passwd", "", "table").code == kEnvironment);
  CHECK(run("", "", "table").code == kEnvironment);
}

TEST_CASE("an agent that is frozen is not waited for long, and nobody is sent elsewhere") {
  // The kernel takes connections for it; nobody answers.
  const auto frozen = httpapi::open_listener("127.0.0.1:0");
  REQUIRE(frozen);
  const Run silent = run(frozen->address, "", "table");
  CHECK(silent.code == kEnvironment);
  CHECK(silent.err.find("takes the connection and does not answer") != std::string::npos);
  CHECK(silent.err.find("--endpoint") == std::string::npos);
}

TEST_CASE("an agent that has just started is asked again later") {
  httpapi::RunningServer server(nullptr);
  const Run early = run(server.address(), "", "table");
  CHECK(early.code == kEnvironment);
  CHECK(early.err.find("try again") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::cmd
