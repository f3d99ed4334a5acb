#include "pkg/drain/drain_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "pkg/drain/scratch_directory.h"

namespace keelvip::drain {
namespace {

TEST_CASE("no file, or no directory for it: the node is not drained") {
  const ScratchDirectory scratch;
  CHECK(DrainFile(scratch.path()).read() == Order{});
  CHECK(DrainFile(scratch.path("missing")).read() == Order{});
}

TEST_CASE("drain and undrain, each as often as you like") {
  const ScratchDirectory scratch;
  const DrainFile file(scratch.path());
  REQUIRE(file.write("kernel upgrade").has_value());
  const auto first = file.read();
  REQUIRE(first.has_value());
  CHECK(first->drained);
  CHECK(first->reason == "kernel upgrade");
  CHECK(first->since > base::WallTime{});

  REQUIRE(file.write("").has_value());
  REQUIRE(file.write("kernel upgrade").has_value());
  CHECK(file.read() == first);
  CHECK(scratch.entries() == 1);

  CHECK(file.remove().has_value());
  CHECK(file.remove().has_value());
  CHECK(file.read() == Order{});
}

TEST_CASE("another reason takes the place of the first, and the node is drained since then still") {
  const ScratchDirectory scratch;
  const DrainFile file(scratch.path());
  REQUIRE(file.write("kernel upgrade").has_value());
  const auto first = file.read();
  REQUIRE(file.write("new disks").has_value());
  const auto second = file.read();
  REQUIRE(second.has_value());
  CHECK(second->reason == "new disks");
  CHECK(second->since == first->since);
}

TEST_CASE("whatever has the name drains: an empty file, a directory, a link to nowhere, a FIFO") {
  const ScratchDirectory scratch;
  const DrainFile file(scratch.path());
  SUBCASE("an empty file") {
    scratch.write("drained", "");
  }
  SUBCASE("a directory") {
    std::filesystem::create_directory(file.path());
  }
  SUBCASE("a link") {
    std::filesystem::create_symlink("nowhere", file.path());
  }
  SUBCASE("a FIFO") {
    REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
  }
  const auto order = file.read();
  REQUIRE(order.has_value());
  CHECK(order->drained);
  CHECK(order->reason.empty());
}

TEST_CASE("a reason is one line that a terminal can take") {
  const ScratchDirectory scratch;
  const DrainFile file(scratch.path());
  scratch.write("drained", "new\x1B[31m disks \t\r\nsecond line\n");
  CHECK(file.read()->reason == "new [31m disks");

  REQUIRE(file.write("two\nlines").has_value());
  CHECK(scratch.content("drained") == "two\n");

  std::string umlauts;
  while (umlauts.size() < 2 * DrainFile::kMaxReasonBytes) {
    umlauts += "\xC3\xA4";
  }
  REQUIRE(file.write("x" + umlauts).has_value());
  CHECK(file.read()->reason.size() == DrainFile::kMaxReasonBytes - 1);  // no half of an umlaut
}

TEST_CASE("the state directory is made if only it is missing") {
  const ScratchDirectory scratch;
  CHECK(DrainFile(scratch.path("state")).write("").has_value());
  CHECK(DrainFile(scratch.path("state")).read()->drained);

  const auto refused = DrainFile(scratch.path("a/b")).write("");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "cannot make " + scratch.path("a/b") + ": No such file or directory (ENOENT)");
  CHECK_FALSE(DrainFile(scratch.path("a/b")).check_writable().has_value());
  std::ofstream(scratch.path("plain")) << "no directory";
  const auto plain = DrainFile(scratch.path("plain")).check_writable();
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().message ==
        "cannot write " + scratch.path("plain") + ": Not a directory (ENOTDIR)");
}

TEST_CASE("what cannot be known is an error, not an answer") {
  const ScratchDirectory scratch;
  std::filesystem::create_symlink("loop", scratch.path("loop"));
  const auto order = DrainFile(scratch.path("loop")).read();
  REQUIRE_FALSE(order.has_value());
  CHECK(order.error().code == base::ErrorCode::kRetry);
}

TEST_CASE("a failed write leaves nothing behind, and what was there stays") {
  const ScratchDirectory scratch;
  const DrainFile file(scratch.path());
  std::filesystem::create_directory(file.path());
  CHECK_FALSE(file.write("kernel upgrade").has_value());
  CHECK(scratch.entries() == 1);
  CHECK(file.read()->drained);
}

}  // namespace
}  // namespace keelvip::drain
