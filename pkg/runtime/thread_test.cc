#include "pkg/runtime/thread.h"

#include <sched.h>

#include <array>
#include <map>
#include <string>
#include <thread>

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

TEST_CASE("of its creator's realtime priority a thread keeps what its urgency is worth") {
  const auto priority_of_this_thread = [] {
    sched_param param{};
    ::sched_getparam(0, &param);
    return param.sched_priority;
  };
  int own = 0;
  std::map<Urgency, int> kept;
  std::thread creator([&] {
    const sched_param wanted{.sched_priority = 20};
    ::sched_setscheduler(0, SCHED_RR, &wanted);  // without the privilege all of them are 0
    own = priority_of_this_thread();
    for (const Urgency urgency :
         {Urgency::kNormal, Urgency::kPrompt, Urgency::kUrgent, Urgency::kRealtime}) {
      Thread thread("story", urgency, [&] { kept[urgency] = priority_of_this_thread(); });
      thread.join();
    }
  });
  creator.join();
  CHECK(kept[Urgency::kNormal] == 0);
  CHECK(kept[Urgency::kPrompt] == own / 2);
  CHECK(kept[Urgency::kUrgent] == own * 3 / 4);
  CHECK(kept[Urgency::kRealtime] == own);
}

}  // namespace keelvip::runtime
