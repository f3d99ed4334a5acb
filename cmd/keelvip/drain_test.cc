#include "cmd/keelvip/drain.h"

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include <doctest/doctest.h>

#include "cmd/keelvip/exit_code.h"
#include "pkg/drain/scratch_directory.h"
#include "pkg/httpapi/http_client.h"
#include "pkg/status/example_snapshot.h"

namespace keelvip::cmd {
namespace {

using Snapshot = std::shared_ptr<const status::Snapshot>;

/// A node that has `web` Active, and what its agent says next.
struct Node {
  drain::ScratchDirectory state;
  httpapi::RunningServer server{std::make_shared<const status::Snapshot>(snapshot())};
  std::ostringstream out;
  std::ostringstream err;
  bool agent_runs = true;
  std::string reason;
  base::Duration wait = std::chrono::seconds(20);

  [[nodiscard]] status::Snapshot snapshot() const {
    status::Snapshot made = status::example_snapshot();
    made.drain.file = state.path("drained");
    made.vips.erase(made.vips.begin());
    return made;
  }

  /// As snapshot() is right after undrain: a Backup that has heard `peer` since.
  [[nodiscard]] status::Snapshot backup_snapshot(std::optional<int> peer) const {
    status::Snapshot made = snapshot();
    for (status::RouterStatus& router : made.vips[0].routers) {
      router.role = status::NodeRole::kBackup;
      router.message = "It listens for adverts.";
      router.addresses.clear();
      if (peer) {
        router.peers[0].priority = static_cast<std::uint8_t>(*peer);
        router.peers[0].last_heard = router.since;
      }
    }
    return made;
  }

  /// As snapshot() is once the agent has obeyed.
  [[nodiscard]] status::Snapshot drained_snapshot() const {
    status::Snapshot made = snapshot();
    made.drain.drained = true;
    for (status::RouterStatus& router : made.vips[0].routers) {
      router.role = status::NodeRole::kInitialize;
      router.reason = "Drained";
      router.addresses.clear();
    }
    return made;
  }

  /// As snapshot() is where `web` cannot take part.
  [[nodiscard]] status::Snapshot fault_snapshot(std::string_view why,
                                                std::string_view message) const {
    status::Snapshot made = snapshot();
    for (status::RouterStatus& router : made.vips[0].routers) {
      router.role = status::NodeRole::kFault;
      router.reason = why;
      router.message = message;
      router.addresses.clear();
    }
    return made;
  }

  [[nodiscard]] DrainOptions options(std::string endpoint = "") {
    if (endpoint.empty()) {
      endpoint = "http://127.0.0.1:" + std::to_string(server.port());
    }
    return {.state_directory = state.path(),
            .reason = reason,
            .wait = wait,
            .endpoint = std::move(endpoint),
            .agent_runs = [this] { return agent_runs; }};
  }

  void says(status::Snapshot next) {
    server.put(std::make_shared<const status::Snapshot>(std::move(next)));
  }
};

constexpr const char* kNobody = "http://127.0.0.1:1";

TEST_CASE("drain writes the file and its reason, and is content when the node holds no VIP") {
  Node node;
  node.reason = "kernel upgrade";
  node.says(node.drained_snapshot());
  CHECK(drain(node.options(), node.out, node.err) == kOk);
  CHECK(node.state.content("drained") == "kernel upgrade\n");
  CHECK(node.out.str() == "lb-1 is drained and holds no VIP until `keelvip undrain`.\n");
}

TEST_CASE("drain says for each VIP that is still here after the wait why it is") {
  Node node;
  status::Snapshot stuck = node.snapshot();
  stuck.drain.drained = true;
  stuck.vips[0].conditions[1].message = "It is giving it away.";
  node.says(stuck);
  node.wait = std::chrono::milliseconds(1);
  CHECK(drain(node.options(), node.out, node.err) == kNo);
  CHECK(node.err.str() ==
        "web: still here: It is giving it away.\n"
        "keelvip: the node is drained, but holds VIPs still\n");
  CHECK(node.out.str().empty());
}

TEST_CASE("an agent that looks elsewhere, or that knows nothing of it, is not taken for drained") {
  Node node;
  node.wait = std::chrono::milliseconds(1);
  status::Snapshot elsewhere = node.snapshot();
  std::string told;
  SUBCASE("elsewhere") {
    elsewhere.drain.file = "/run/other/drained";
    told = "keelvip: the agent looks at /run/other/drained, not at " + node.state.path("drained") +
           ": name its directory with --state\n";
  }
  SUBCASE("older") {
    elsewhere.drain.file = "";
    told = "keelvip: the agent does not know of draining: it is of an older version, restart it\n";
  }
  node.says(elsewhere);
  CHECK(drain(node.options(), node.out, node.err) == kNo);
  CHECK(node.err.str() == told);
}

TEST_CASE("without an agent both are done by writing, and say what will be") {
  Node node;
  node.agent_runs = false;
  CHECK(drain(node.options(kNobody), node.out, node.err) == kOk);
  CHECK(node.out.str() == "No agent runs here: this node will be drained when one starts.\n");
  CHECK(node.state.entries() == 1);
  node.out.str("");
  CHECK(undrain(node.options(kNobody), node.out, node.err) == kOk);
  CHECK(node.out.str() == "No agent runs here: this node will take part when one starts.\n");
  CHECK(node.state.entries() == 0);
}

TEST_CASE("an agent that runs but cannot be asked leaves the question open") {
  Node node;
  node.wait = std::chrono::milliseconds(1);
  CHECK(drain(node.options(kNobody), node.out, node.err) == kEnvironment);
  CHECK(node.err.str().starts_with(
      "keelvip: " + node.state.path("drained") +
      " is written, and this node will be drained once the agent that runs here has seen it; "
      "whether it has is not known: cannot reach the agent at http://127.0.0.1:1: "));
  CHECK(node.err.str().ends_with("name that address with --endpoint.\n"));
  CHECK(node.state.entries() == 1);
}

TEST_CASE("an agent that does not answer is not waited for until the end") {
  Node node;
  node.wait = std::chrono::hours(24);
  CHECK(drain(node.options(kNobody), node.out, node.err) == kEnvironment);
  CHECK(undrain(node.options(kNobody), node.out, node.err) == kEnvironment);
  CHECK(node.err.str().find(" is not there, and this node will take part once ") !=
        std::string::npos);
}

TEST_CASE("without waiting nobody is asked") {
  Node node;
  node.wait = {};
  CHECK(drain(node.options(kNobody), node.out, node.err) == kOk);
  CHECK(node.state.entries() == 1);
  CHECK(undrain(node.options(kNobody), node.out, node.err) == kOk);
  CHECK(node.state.entries() == 0);
}

TEST_CASE("undrain tells the roles that the node has then") {
  Node node;
  node.state.write("drained", "");
  CHECK(undrain(node.options(), node.out, node.err) == kOk);
  CHECK(node.out.str() ==
        "web: Active: No advert was heard for 600 ms.\n"
        "lb-1 is not drained.\n");
  CHECK(node.state.entries() == 0);
}

TEST_CASE("undrain says no, and why, of a VIP in which the node cannot take part") {
  Node node;
  node.wait = std::chrono::hours(24);
  node.says(node.fault_snapshot("InterfaceAbsent", "There is no interface eth0."));
  CHECK(undrain(node.options(), node.out, node.err) == kNo);
  CHECK(node.out.str() == "web: Fault: There is no interface eth0.\n");
  CHECK(node.err.str() == "keelvip: lb-1 is not drained any more, but takes no part in web\n");
}

TEST_CASE("undrain waits for the result of a check") {
  Node node;
  node.state.write("drained", "");
  node.says(node.fault_snapshot("HealthCheckPending", "Health check nginx has no result yet."));
  SUBCASE("until it is there") {
    node.wait = std::chrono::hours(24);
    auto code =
        std::async(std::launch::async, [&] { return undrain(node.options(), node.out, node.err); });
    const auto is_over = [&] {
      return code.wait_for(base::Duration{}) == std::future_status::ready;
    };
    // Once before it removes the file, once after, and once more because it is not content.
    while (node.server.asked() < 3 && !is_over()) {
      std::this_thread::yield();
    }
    node.says(node.snapshot());
    CHECK(code.get() == kOk);
    CHECK(node.out.str().starts_with("web: Active: "));
  }
  SUBCASE("no longer than it was told to") {
    node.wait = std::chrono::milliseconds(1);
    CHECK(undrain(node.options(), node.out, node.err) == kNo);
    CHECK(node.out.str() == "web: Fault: Health check nginx has no result yet.\n");
  }
}

TEST_CASE("undrain tells who holds what this node does not take back") {
  Node node;
  status::Snapshot backup = node.backup_snapshot(90);
  std::string told = "192.168.0.12 holds the addresses, with priority 90; this node has 40.";
  SUBCASE("it is better") {}
  SUBCASE("this node is better and waits") {
    backup = node.backup_snapshot(30);
    for (status::RouterStatus& router : backup.vips[0].routers) {
      router.preempt_not_before = backup.taken.wall;
    }
    told =
        "192.168.0.12 holds the addresses, with priority 30; this node has 40. This node takes "
        "over at 2026-01-31T12:00:05.000000Z, not before (spec.preemption).";
  }
  SUBCASE("this node is better and never preempts") {
    backup = node.backup_snapshot(30);
    api::VirtualIp web = *backup.vips[0].resource;
    web.spec.preemption.mode = api::Preemption::Mode::kNever;
    backup.vips[0].resource = std::make_shared<const api::VirtualIp>(web);
    told =
        "192.168.0.12 holds the addresses, with priority 30; this node has 40. It keeps them while "
        "it can (spec.preemption).";
  }
  node.says(backup);
  CHECK(undrain(node.options(), node.out, node.err) == kOk);
  CAPTURE(node.out.str());
  CHECK(node.out.str().find("web: Backup: " + told + "\n") != std::string::npos);
}

TEST_CASE("undrain does not take a Backup that may become Active for the end") {
  Node node;
  node.wait = std::chrono::milliseconds(1);
  SUBCASE("nobody was heard yet") {
    node.says(node.backup_snapshot({}));
  }
  SUBCASE("somebody worse was") {
    node.says(node.backup_snapshot(30));
  }
  SUBCASE("the Active has resigned") {
    node.says(node.backup_snapshot(0));
  }
  CHECK(undrain(node.options(), node.out, node.err) == kOk);
  CHECK(node.out.str().find("web: Backup: It takes part; who shall hold the addresses is not "
                            "decided yet.\n") != std::string::npos);
}

TEST_CASE("undrain is not content with a node that takes no part yet") {
  Node node;
  node.wait = std::chrono::milliseconds(1);
  status::Snapshot starting = node.drained_snapshot();
  starting.drain.drained = false;
  node.says(starting);
  CHECK(undrain(node.options(), node.out, node.err) == kNo);
  CHECK(node.err.str() == "keelvip: lb-1 is not drained any more, but takes no part in web\n");
}

TEST_CASE("where the agent looks elsewhere nothing is written, nor waited for") {
  Node node;
  DrainOptions options = node.options();
  options.state_directory = node.state.path("other");
  CHECK(drain(options, node.out, node.err) == kNo);
  CHECK(node.err.str().find("the agent looks at ") != std::string::npos);
  CHECK(undrain(options, node.out, node.err) == kNo);
  CHECK(node.state.entries() == 0);
}

TEST_CASE("a directory that cannot be written is the environment's no") {
  Node node;
  DrainOptions options = node.options();
  options.state_directory = node.state.path("a/b");
  options.wait = {};
  CHECK(drain(options, node.out, node.err) == kEnvironment);
  CHECK(node.err.str().starts_with("keelvip: cannot make "));
}

}  // namespace
}  // namespace keelvip::cmd
