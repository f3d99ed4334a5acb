#include "cmd/keelvip/describe.h"

#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "cmd/keelvip/age.h"
#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/exit_code.h"
#include "pkg/httpapi/http_client.h"
#include "pkg/status/example_snapshot.h"
#include "pkg/status/golden.h"
#include "pkg/status/status_json.h"

namespace keelvip::cmd {
namespace {

TEST_CASE("the description of a VIP is what its golden text says") {
  status::Snapshot snapshot = status::example_snapshot();
  snapshot.vips[1].routers[0].preempt_not_before = *parse_time("2026-01-31T12:05:40Z");
  const api::Node status = *parse_answer(status::to_json(snapshot));
  std::ostringstream out;
  print_description(*find_vip(status, "web"), *parse_time("2026-01-31T12:05:10Z"), out);
  CHECK(status::differs_from_golden("describe.txt", out.str()) == "");
}

TEST_CASE("describe asks the agent, and tells of a newer text that is refused") {
  auto snapshot = std::make_shared<status::Snapshot>(status::example_snapshot());
  snapshot->specs.rejected[0].name = "web";
  httpapi::RunningServer server(snapshot);
  std::ostringstream out;
  std::ostringstream err;
  CHECK(describe({.name = "web", .endpoint = server.address()}, out, err) == kOk);
  CHECK(out.str().starts_with("Name:                web\n"));
  CHECK(out.str().find("\nThe worker was replaced once, last ") != std::string::npos);
  CHECK(out.str().find(" ago: killed by SIGSEGV\n") != std::string::npos);
  CHECK(out.str().ends_with(
      "refused: /etc/keelvip/mail.yaml:4:3: spec.prioritty: unknown field (the version before it "
      "stays in force)\n"));
  CHECK(err.str().empty());
}

TEST_CASE("a name that is not there is a no, an absent agent an error") {
  std::ostringstream out;
  std::ostringstream err;
  std::string address;
  {
    httpapi::RunningServer server(
        std::make_shared<const status::Snapshot>(status::example_snapshot()));
    address = server.address();
    CHECK(describe({.name = "mail", .endpoint = address}, out, err) == kNo);
    CHECK(err.str().find("virtualip \"mail\" not found\nrefused: ") != std::string::npos);
  }
  CHECK(describe({.name = "web", .endpoint = address}, out, err) == kEnvironment);
  CHECK(out.str().empty());
}

}  // namespace
}  // namespace keelvip::cmd
