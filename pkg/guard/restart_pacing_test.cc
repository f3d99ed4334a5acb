#include "pkg/guard/restart_pacing.h"

#include <doctest/doctest.h>

namespace keelvip::guard {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("workers that keep dying young are replaced ever later, up to a bound") {
  RestartPacing pacing;
  CHECK(pacing.after(seconds(1)) == milliseconds(10));
  CHECK(pacing.after(seconds(1)) == milliseconds(20));
  CHECK(pacing.after(seconds(1)) == milliseconds(40));
  for (int i = 0; i < 20; ++i) {
    (void)pacing.after(seconds(1));
  }
  CHECK(pacing.after(seconds(59)) == seconds(10));
}

TEST_CASE("a worker that lived for a minute is replaced at once, however bad the start was") {
  RestartPacing pacing;
  for (int i = 0; i < 20; ++i) {
    (void)pacing.after({});
  }
  CHECK(pacing.after(seconds(60)) == milliseconds(10));
  CHECK(pacing.after(seconds(59)) == milliseconds(20));
}

}  // namespace keelvip::guard
