#include "pkg/probe/attempt.h"

#include <chrono>

#include <doctest/doctest.h>

namespace keelvip::probe {

TEST_CASE("durations are shown as people say them") {
  CHECK(describe(std::chrono::microseconds{3210}) == "3.2 ms");
  CHECK(describe(std::chrono::milliseconds{250}) == "250 ms");
  CHECK(describe(std::chrono::milliseconds{1500}) == "1.5 s");
  CHECK(describe(std::chrono::seconds{2}) == "2 s");
  CHECK(describe(std::chrono::seconds{90}) == "90 s");
}

TEST_CASE("what a stranger said is cut to one printable line") {
  CHECK(first_line("\n  no such table\nmore\n", 100) == "no such table");
  CHECK(first_line("\x1b[31mred\a", 100) == "?[31mred?");
  CHECK(first_line("abcdef", 3) == "abc");
  CHECK(first_line("", 3).empty());
  CHECK(first_line(" \r\n", 3).empty());
}

}  // namespace keelvip::probe
