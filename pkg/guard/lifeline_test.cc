#include "pkg/guard/lifeline.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <new>
#include <thread>

#include <doctest/doctest.h>

namespace keelvip::guard {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A line in shared memory, and a process that holds it.
struct Scene {
  Lifeline* line = new (::mmap(nullptr, sizeof(Lifeline), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Lifeline;
  pid_t worker = -1;

  ~Scene() {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
    ::munmap(line, sizeof(Lifeline));
  }
  void start(const std::function<void()>& life) {
    worker = ::fork();
    if (worker == 0) {
      for (const int number : {SIGSEGV, SIGTERM}) {
        ::signal(number, SIG_DFL);  // those of the test's framework would tell of a failed test
      }
      life();
      ::_exit(0);
    }
  }
  void await_holder() const {
    while (line->wait_for_end({})) {
      ::sched_yield();
    }
  }
};

}  // namespace

TEST_CASE("a holder that is killed breaks the line, before its process is buried") {
  for (const int number : {SIGKILL, SIGSEGV, SIGTERM}) {
    CAPTURE(number);
    Scene scene;
    scene.start([&] {
      const Lifeline::Hold hold(*scene.line);
      for (;;) {
        ::pause();
      }
    });
    scene.await_holder();
    CHECK_FALSE(scene.line->broken());
    const std::uint32_t reading = scene.line->arm();
    ::kill(scene.worker, number);
    scene.line->wait(reading, seconds(10));
    CHECK(scene.line->broken());
    CHECK(scene.line->wait_for_end({}));
  }
}

TEST_CASE("a line is held by a thread, whatever the others do") {
  Scene scene;
  scene.start([&] {
    std::thread([] {}).join();
    std::thread holder([&] {
      const Lifeline::Hold hold(*scene.line);
      for (;;) {
        ::pause();
      }
    });
    std::thread([] {}).join();
    holder.join();
  });
  scene.await_holder();
  ::kill(scene.worker, SIGKILL);
  CHECK(scene.line->wait_for_end(seconds(10)));
  CHECK(scene.line->broken());
}

TEST_CASE("a holder that lets go does not break the line") {
  Scene scene;
  scene.start([&] { const Lifeline::Hold hold(*scene.line); });
  ::waitpid(scene.worker, nullptr, 0);
  CHECK_FALSE(scene.line->broken());
  CHECK(scene.line->wait_for_end({}));
}

TEST_CASE("a disturbance between the reading and the waiting is not missed") {
  Lifeline line;
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t reading = line.arm();
    for (int times = 0; times <= i; ++times) {
      line.disturb();
    }
    line.wait(reading, seconds(3600));
  }
  CHECK_FALSE(line.broken());
  line.wait(line.arm(), milliseconds(1));  // nothing happens: time ends it
}

}  // namespace keelvip::guard
