#include "pkg/drain/drain_watch.h"

#include <poll.h>

#include <filesystem>

#include <doctest/doctest.h>

#include "pkg/drain/scratch_directory.h"

namespace keelvip::drain {
namespace {

bool readable(const DrainWatch& watch) {
  pollfd fd{watch.fd(), POLLIN, 0};
  return ::poll(&fd, 1, 5'000) == 1;
}

TEST_CASE("a change of the file wakes, and is seen once") {
  const ScratchDirectory scratch;
  DrainWatch watch{DrainFile(scratch.path())};
  CHECK_FALSE(watch.order().drained);
  CHECK_FALSE(watch.look());

  REQUIRE(watch.file().write("kernel upgrade").has_value());
  REQUIRE(readable(watch));
  CHECK(watch.look());
  CHECK(watch.order().reason == "kernel upgrade");
  CHECK_FALSE(watch.look());

  REQUIRE(watch.file().remove().has_value());
  REQUIRE(readable(watch));
  CHECK(watch.look());
  CHECK_FALSE(watch.order().drained);
}

TEST_CASE("a file that was there before is known from the first moment") {
  const ScratchDirectory scratch;
  scratch.write("drained", "new disks\n");
  const DrainWatch watch{DrainFile(scratch.path())};
  CHECK(watch.order().drained);
  CHECK(watch.problem().empty());
}

TEST_CASE("a directory that comes later is found by looking again, then watched") {
  const ScratchDirectory scratch;
  DrainWatch watch{DrainFile(scratch.path("later"))};
  CHECK(watch.problem().find("cannot write") != std::string::npos);
  std::filesystem::create_directory(scratch.path("later"));
  CHECK(watch.look());
  CHECK(watch.problem().empty());
  scratch.write("later/drained", "");
  REQUIRE(readable(watch));
  CHECK(watch.look());
  CHECK(watch.order().drained);
}

TEST_CASE("while the file cannot be looked at, what was known stays true") {
  const ScratchDirectory scratch;
  const std::string state = scratch.path("state");
  DrainWatch watch{DrainFile(state)};
  REQUIRE(watch.file().write("new disks").has_value());
  CHECK(watch.look());
  std::filesystem::rename(state, scratch.path("away"));
  std::filesystem::create_symlink("state", state);  // leads to itself
  CHECK(watch.look());
  CHECK(watch.order().drained);
  CHECK(watch.problem().find("symbolic links") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::drain
