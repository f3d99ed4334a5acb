#include "cmd/keelvip/command_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cmd/keelvip/commands.h"
#include "cmd/keelvip/exit_code.h"
#include "pkg/api/node.h"
#include "pkg/runtime/unique_fd.h"
#include "pkg/specfile/temporary_directory.h"

namespace keelvip::cmd {
namespace {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer keelvip(std::vector<const char*> words) {
  words.insert(words.begin(), "keelvip");
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_command_line(static_cast<int>(words.size()), words.data(), out, err);
  return {code, out.str(), err.str()};
}

TEST_CASE("help and version are answers, a wrong word is a complaint") {
  CHECK(keelvip({"--help"}).code == kOk);
  CHECK(keelvip({"--help"}).out.find("simulate") != std::string::npos);
  CHECK(keelvip({"version"}).out.starts_with("keelvip "));
  const Answer wrong = keelvip({"gte"});
  CHECK(wrong.code == kUsage);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.find("did you mean \"get\"?") != std::string::npos);
}

TEST_CASE("version and --version say the same") {
  CHECK(keelvip({"--version"}).code == kOk);
  CHECK(keelvip({"--version"}).out == keelvip({"version"}).out);
}

TEST_CASE("a word that is none of an option's words is refused with all of them") {
  const Answer level = keelvip({"agent", "--log-level", "foo"});
  CHECK(level.code == kUsage);
  CHECK(level.err.starts_with("--log-level: foo not in {debug,info,warn,error}\n"));
  const Answer format = keelvip({"agent", "--log-format", "xml"});
  CHECK(format.code == kUsage);
  CHECK(format.err.starts_with("--log-format: xml not in {text,json}\n"));
}

TEST_CASE("an endpoint that is none is refused with the forms that are") {
  for (const char* wrong :
       {"", " ", "9477", "localhost", ":9477", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999",
        "http://", "http://127.0.0.1:x", "http://a b:1", "ftp://127.0.0.1:9477", "/run/keelvip",
        "unix:", "unix:keelvip.sock", "::1:9477", "http://127.0.0.1:9477/?a=b", "http://h:1#f"}) {
    CAPTURE(wrong);
    const Answer answer = keelvip({"get", "--endpoint", wrong});
    CHECK(answer.code == kUsage);
    CHECK(answer.err.find("write http://HOST:PORT, HOST:PORT or unix:/PATH") != std::string::npos);
  }
}

TEST_CASE("an endpoint of a right form is asked, and nobody answers there") {
  for (const char* right :
       {"http://127.0.0.1:1", "https://127.0.0.1:1", "127.0.0.1:1", "localhost:1", "[::1]:1",
        "http://[::1]:1/", "http://127.0.0.1:1/behind/a/proxy", "unix:/nowhere/keelvip.sock"}) {
    CAPTURE(right);
    CHECK(keelvip({"describe", "web", "--endpoint", right}).code == kEnvironment);
  }
}

TEST_CASE("validate says no to what is wrong, and 3 where it could not look") {
  const specfile::TemporaryDirectory at;
  at.write("good.yaml", specfile::vip_document("a", 1, 1));
  at.write("wrong.yaml", specfile::vip_document("b", 300, 2));
  const std::string good = at.path("good.yaml");
  const std::string wrong = at.path("wrong.yaml");
  const std::string none = at.path("none.yaml");
  CHECK(keelvip({"validate", good.c_str()}).code == kOk);
  CHECK(keelvip({"validate", wrong.c_str()}).code == kNo);
  CHECK(keelvip({"validate", good.c_str(), none.c_str()}).code == kEnvironment);
  const Answer both = keelvip({"validate", wrong.c_str(), none.c_str()});
  CHECK(both.code == kEnvironment);
  CHECK(both.err.find("must be a whole number") != std::string::npos);
  CHECK(both.err.find(none + ": cannot be read") != std::string::npos);
}

TEST_CASE("plan and simulate say the same of what is wrong, and of what they could not read") {
  const specfile::TemporaryDirectory at;
  at.write("wrong.yaml", specfile::vip_document("b", 300, 2));
  const char* config = at.path().c_str();
  for (const char* command : {"plan", "simulate"}) {
    CAPTURE(command);
    CHECK(keelvip({command, "--config", config}).code == kNo);
  }
  at.link("dangling.yaml", "nowhere");
  for (const char* command : {"plan", "simulate"}) {
    CAPTURE(command);
    const Answer answer = keelvip({command, "--config", config});
    CHECK(answer.code == kEnvironment);
    CHECK(answer.err.find("dangling.yaml: cannot be read: ") != std::string::npos);
  }
}

TEST_CASE("standard input is wrong when it is too large, as a file is") {
  const specfile::TemporaryDirectory at;
  at.write("large.yaml", std::string(api::kMaxFileBytes + 1, '#'));
  const runtime::UniqueFd before(::dup(STDIN_FILENO));
  const runtime::UniqueFd large(::open(at.path("large.yaml").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::dup2(large.get(), STDIN_FILENO) == STDIN_FILENO);
  const Answer answer = keelvip({"validate", "-"});
  REQUIRE(::dup2(before.get(), STDIN_FILENO) == STDIN_FILENO);
  CHECK(answer.code == kNo);
  CHECK(answer.err.starts_with("<stdin>: is too large: "));
}

TEST_CASE("plan without an agent here is that of a start") {
  const specfile::TemporaryDirectory at;
  at.write("web.yaml", specfile::vip_document("web", 1, 1));
  std::ostringstream out;
  std::ostringstream err;
  PlanOptions options{.config_directory = at.path(),
                      .node_name = {},
                      .default_node_name = "lb-1",
                      .endpoint = "http://127.0.0.1:1",
                      .agent_runs = [] { return false; }};
  CHECK(plan(options, out, err) == kOk);
  CHECK(out.str().starts_with("No agent runs here: this is what one would do when it starts.\n"));

  SUBCASE("one that runs and gives no answer knows better") {
    options.agent_runs = [] { return true; };
    out.str("");
    CHECK(plan(options, out, err) == kEnvironment);
    CHECK(out.str().empty());
    CHECK(err.str().starts_with(
        "keelvip: an agent runs here, but what it holds is not known: cannot reach the agent at "
        "http://127.0.0.1:1: Connection refused (ECONNREFUSED)\n"));
  }
}

TEST_CASE("a reason that would be cut is refused") {
  const specfile::TemporaryDirectory at;
  const std::string longest(256, 'x');
  const auto drain_for = [&](const std::string& reason) {
    return keelvip(
        {"drain", "--no-wait", "--state", at.path().c_str(), "--reason", reason.c_str()});
  };
  CHECK(drain_for(longest + "x").code == kUsage);
  CHECK(drain_for(longest + "x")
            .err.starts_with("--reason: a reason has at most 256 bytes, not 257\n"));
  CHECK(drain_for("new\ndisks").err.starts_with("--reason: a reason is one line\n"));
  CHECK(drain_for(longest).code == kOk);
}

TEST_CASE("a directory of the agent's state is one, however it is written") {
  const specfile::TemporaryDirectory at;
  const std::string beside = std::filesystem::relative(at.path()).string();
  for (const std::string& written : {at.path() + "/", at.path() + "/x/..", beside, beside + "/"}) {
    CAPTURE(written);
    const Answer answer = keelvip({"drain", "--no-wait", "--state", written.c_str()});
    CHECK(answer.code == kOk);
    CHECK(answer.out == at.path() + "/drained says that this node is drained.\n");
  }
}

TEST_CASE("a node has a name") {
  for (const char* command : {"agent", "plan"}) {
    for (const char* blank : {"", "  ", "\t"}) {
      const Answer answer = keelvip({command, "--node-name", blank});
      CHECK(answer.code == kUsage);
      CHECK(answer.err.starts_with("--node-name: the name of a node cannot be blank"));
    }
  }
}

TEST_CASE("an environment that names the node with nothing but blanks is refused, too") {
  REQUIRE(::setenv("NODE_NAME", "  ", 1) == 0);
  const Answer agent = keelvip({"agent", "--config", "/nowhere"});
  const Answer plan = keelvip({"plan", "--config", "/nowhere"});
  REQUIRE(::unsetenv("NODE_NAME") == 0);
  for (const Answer& answer : {agent, plan}) {
    CHECK(answer.code == kUsage);
    CHECK(answer.err.find("the name of a node cannot be blank") != std::string::npos);
  }
}

}  // namespace
}  // namespace keelvip::cmd
