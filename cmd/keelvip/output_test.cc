#include "cmd/keelvip/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <ostream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "cmd/keelvip/exit_code.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::cmd {
namespace {

/// Both ends of a pipe.
struct Reader {
  Reader() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    from = runtime::UniqueFd(ends[0]);
    to = runtime::UniqueFd(ends[1]);
  }

  /// What has arrived since it was last asked.
  [[nodiscard]] std::string heard() const {
    std::array<char, 65536> bytes{};
    const ssize_t got = ::read(from.get(), bytes.data(), bytes.size());
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  runtime::UniqueFd from;
  runtime::UniqueFd to;
};

runtime::UniqueFd full_disk() {
  return runtime::UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
}

TEST_CASE("what a command says arrives whole, and its exit code is the program's") {
  const Reader reader;
  std::ostringstream err;
  const std::string much(20'000, 'x');
  CHECK(deliver(reader.to.get(), err, [&](std::ostream& out) {
          out << "web" << much << '\n';
          return kNo;
        }) == kNo);
  CHECK(reader.heard() == "web" + much + "\n");
  CHECK(err.str().empty());
}

TEST_CASE("a full disk is the environment's no, be the answer short or long") {
  const runtime::UniqueFd disk = full_disk();
  std::ostringstream err;
  std::size_t length = 3;
  SUBCASE("short") {}
  SUBCASE("long") {
    length = 100'000;
  }
  CHECK(deliver(disk.get(), err, [&](std::ostream& out) {
          out << std::string(length, 'x');
          return kOk;
        }) == kEnvironment);
  CHECK(err.str() ==
        "keelvip: cannot write to standard output: No space left on device (ENOSPC)\n");
}

TEST_CASE("who says nothing needs no room") {
  const runtime::UniqueFd disk = full_disk();
  std::ostringstream err;
  CHECK(deliver(disk.get(), err, [](std::ostream&) { return kOk; }) == kOk);
  CHECK(err.str().empty());
}

TEST_CASE("what was said before a complaint is out before it") {
  const Reader reader;
  std::ostringstream err;
  std::string before;
  (void)deliver(reader.to.get(), err, [&](std::ostream& out) {
    out << "first\n";
    err << "second\n";
    before = reader.heard();
    return kOk;
  });
  CHECK(before == "first\n");
}

}  // namespace
}  // namespace keelvip::cmd
