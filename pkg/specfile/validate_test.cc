#include "pkg/specfile/validate.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/node.h"
#include "pkg/specfile/temporary_directory.h"

namespace keelvip::specfile {
namespace {

using Lines = std::vector<std::string>;

Lines errors_of(const std::vector<std::string>& paths) {
  return describe_errors(validate_paths(paths).specs);
}

}  // namespace

TEST_CASE("valid files have no errors") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("a", 1, 1));
  at.write("b.conf", vip_document("b", 2, 2));
  CHECK(errors_of({at.path("a.yaml"), at.path("b.conf")}).empty());
  CHECK(validate_paths({at.path("a.yaml"), at.path("b.conf")}).specs.accepted.size() == 2);
}

TEST_CASE("every error of every file is a line that an editor can follow") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("a", 300, 1) + "  priority: high\n---\nkind: [\n");
  at.write("b.yaml", vip_document("B", 2, 2));
  CHECK(errors_of({at.path()}) ==
        Lines{at.path("a.yaml") +
                  ":8:20: spec.virtualRouterID: must be a whole number from 1 to 255, not 300",
              at.path("a.yaml") +
                  ":9:13: spec.priority: must be a whole number from 1 to 255, not a string",
              at.path("a.yaml") + ":12:1: end of sequence flow not found",
              at.path("b.yaml") +
                  ":4:9: metadata.name: must be lower-case letters, digits, \"-\" and \".\", start "
                  "and end with a letter or digit, and have at most 253 characters"});
}

TEST_CASE("what files can only get wrong together is an error too") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("web", 1, 1));
  at.write("b.yaml", vip_document("web", 2, 2));
  at.write("c.yaml", vip_document("x", 1, 1));
  CHECK(errors_of({at.path()}) ==
        Lines{at.path("b.yaml") + ":1:1: metadata.name: \"web\" is defined in " +
                  at.path("a.yaml") + ":1 already",
              at.path("c.yaml") + ":6:15: spec.addresses: 192.0.2.1 is an address of \"web\" (" +
                  at.path("a.yaml") + ":1) already",
              at.path("c.yaml") +
                  ":8:20: spec.virtualRouterID: 1 is the IPv4 virtual router of \"web\" (" +
                  at.path("a.yaml") + ":1) on interface eth0 already"});
}

TEST_CASE("a file that is named twice is read once") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("a", 1, 1));
  CHECK(errors_of({at.path("a.yaml"), at.path(), at.path("a.yaml")}).empty());
}

TEST_CASE("what cannot be read is said") {
  const TemporaryDirectory at;
  CHECK(errors_of({at.path("none.yaml")}) ==
        Lines{at.path("none.yaml") + ": cannot be read: No such file or directory (ENOENT)"});
  CHECK(errors_of({at.path()}) == Lines{at.path() + ": holds no *.yaml, *.yml or *.json file"});
  at.write("empty.yaml", "");
  CHECK(errors_of({at.path()}).size() == 1);
  CHECK(errors_of({"/dev/zero"}) == Lines{"/dev/zero: is no regular file"});
}

TEST_CASE("what cannot be read is told from what is wrong") {
  const TemporaryDirectory at;
  at.write("wrong.yaml", vip_document("a", 300, 1));
  at.write("empty.yaml", "");
  at.write("large.yaml", std::string(api::kMaxFileBytes + 1, '#'));
  CHECK(validate_paths({at.path()}).unread == 0);
  at.link("dangling.yaml", "nowhere");
  CHECK(validate_paths({at.path()}).unread == 1);
  CHECK(validate_paths({at.path("none"), at.path("none.yaml"), "/dev/zero"}).unread == 3);
}

}  // namespace keelvip::specfile
