#include "pkg/runtime/mailbox.h"

#include <doctest/doctest.h>

namespace keelvip::runtime {

TEST_CASE("letters arrive in order") {
  Mailbox<int> box(8);
  CHECK(box.put(1));
  CHECK(box.put(2));
  const auto letters = box.take();
  CHECK(letters.items == std::vector{1, 2});
  CHECK_FALSE(letters.overflowed);
  CHECK(box.take().items.empty());
}

TEST_CASE("a full box refuses letters and tells the reader, once") {
  Mailbox<int> box(1);
  CHECK(box.put(1));
  CHECK_FALSE(box.put(2));
  const auto letters = box.take();
  CHECK(letters.items == std::vector{1});
  CHECK(letters.overflowed);
  CHECK_FALSE(box.take().overflowed);
  CHECK(box.put(3));
}

}  // namespace keelvip::runtime
