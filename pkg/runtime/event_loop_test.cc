#include "pkg/runtime/event_loop.h"

#include <doctest/doctest.h>
#include <sys/time.h>

#include <csignal>

#include "pkg/runtime/clock.h"
#include "pkg/runtime/wakeup.h"

namespace keelvip::runtime {

using namespace std::chrono_literals;

TEST_CASE("a ready descriptor's handler is called; a quiet one's is not") {
  EventLoop loop;
  Wakeup ready;
  Wakeup quiet;
  int calls = 0;
  int quiet_calls = 0;
  REQUIRE(loop.watch(ready.fd(), Interest::kRead, [&] { ++calls; }).has_value());
  REQUIRE(loop.watch(quiet.fd(), Interest::kRead, [&] { ++quiet_calls; }).has_value());
  ready.signal();
  loop.wait(base::kNever);
  CHECK(calls == 1);
  CHECK(quiet_calls == 0);
}

TEST_CASE("a wait ends at its deadline, never before it") {
  EventLoop loop;
  const base::Instant deadline = monotonic_now() + 2ms;
  loop.wait(deadline);
  CHECK(monotonic_now() >= deadline);
}

// ThreadSanitizer puts a handler off until after the call that the signal interrupts.
#if !defined(__SANITIZE_THREAD__)
const Wakeup* rung_by_alarm = nullptr;

TEST_CASE("a wait that a signal interrupts still tells what is ready") {
  EventLoop loop;
  const Wakeup ready;
  int calls = 0;
  REQUIRE(loop.watch(ready.fd(), Interest::kRead, [&] { ++calls; }).has_value());
  rung_by_alarm = &ready;
  struct sigaction ring{};
  ring.sa_handler = [](int) { rung_by_alarm->signal(); };  // runs when the wait has ended already
  struct sigaction before{};
  REQUIRE(::sigaction(SIGALRM, &ring, &before) == 0);
  const itimerval soon{{}, {0, 1000}};
  REQUIRE(::setitimer(ITIMER_REAL, &soon, nullptr) == 0);
  loop.wait(base::kNever);
  CHECK(calls == 1);
  ::sigaction(SIGALRM, &before, nullptr);
}
#endif

TEST_CASE("a handler may unwatch itself and the one after it") {
  EventLoop loop;
  Wakeup first;
  Wakeup second;
  int calls = 0;
  const auto stop_both = [&] {
    ++calls;
    loop.unwatch(first.fd());
    loop.unwatch(second.fd());
  };
  REQUIRE(loop.watch(first.fd(), Interest::kRead, stop_both).has_value());
  REQUIRE(loop.watch(second.fd(), Interest::kRead, stop_both).has_value());
  first.signal();
  second.signal();
  loop.wait(base::kNever);
  loop.wait(monotonic_now());
  CHECK(calls == 1);
}

TEST_CASE("a paused descriptor's handler is not called before it is resumed") {
  EventLoop loop;
  const Wakeup ready;
  int calls = 0;
  REQUIRE(loop.watch(ready.fd(), Interest::kRead, [&] { ++calls; }).has_value());
  ready.signal();
  loop.pause(ready.fd());
  loop.wait(monotonic_now());
  CHECK(calls == 0);
  loop.resume(ready.fd(), Interest::kRead);
  loop.wait(base::kNever);
  CHECK(calls == 1);
}

TEST_CASE("a descriptor that cannot be watched is an error with a reason") {
  EventLoop loop;
  const auto result = loop.watch(-1, Interest::kRead, [] {});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message == "cannot watch a descriptor: Bad file descriptor (EBADF)");
}

}  // namespace keelvip::runtime
