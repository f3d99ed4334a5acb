#include "pkg/runtime/thread.h"

#include <sched.h>

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::runtime {

TEST_CASE("a thread carries its name and a normal one leaves realtime scheduling") {
  std::string name;
  int policy = -1;
  Thread thread("story", Urgency::kNormal, [&] {
    std::array<char, 16> buffer{};
    ::pthread_getname_np(::pthread_self(), buffer.data(), buffer.size());
    name = buffer.data();
    policy = ::sched_getscheduler(0);
  });
  thread.join();
  CHECK(name == "story");
  CHECK(policy == SCHED_OTHER);
}

}  // namespace keelvip::runtime
