#include "pkg/base/utf8.h"

#include <doctest/doctest.h>

namespace keelvip::base {
namespace {

TEST_CASE("valid characters have the length their first byte says") {
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("\xc3\xa9!") == 2);
  CHECK(utf8_length("\xe2\x82\xac") == 3);
  CHECK(utf8_length("\xf0\x9f\x98\x80") == 4);
  CHECK(utf8_length("\xf4\x8f\xbf\xbf") == 4);
}

TEST_CASE("overlong forms, surrogates, stray and missing bytes are invalid") {
  CHECK(utf8_length("\x80") == 0);
  CHECK(utf8_length("\xc0\xaf") == 0);
  CHECK(utf8_length("\xe0\x9f\xbf") == 0);
  CHECK(utf8_length("\xed\xa0\x80") == 0);
  CHECK(utf8_length("\xf0\x8f\xbf\xbf") == 0);
  CHECK(utf8_length("\xf4\x90\x80\x80") == 0);
  CHECK(utf8_length("\xf5\x80\x80\x80") == 0);
  CHECK(utf8_length("\xe2\x82") == 0);
  CHECK(utf8_length("\xe2\x82z") == 0);
}

}  // namespace
}  // namespace keelvip::base
