#include "pkg/runtime/thread.h"

#include <sched.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "pkg/base/check.h"

namespace keelvip::runtime {
namespace {

// Sanitizers put shadow data and redzones on the stack.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackBytes = std::size_t{8} << 20U;
#else
constexpr std::size_t kStackBytes = std::size_t{512} << 10U;
#endif

struct Start {
  std::string name;
  Urgency urgency;
  std::function<void()> body;
};

/// Lowering is always permitted, raising needs a privilege that is gone by now.
void halve_realtime_priority() {
  sched_param param{};
  ::sched_getparam(0, &param);
  if (param.sched_priority > 1) {
    param.sched_priority /= 2;
    ::sched_setparam(0, &param);
  }
}

void* run(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  ::pthread_setname_np(::pthread_self(), start->name.c_str());
  if (start->urgency == Urgency::kNormal) {
    leave_realtime();
  } else if (start->urgency == Urgency::kUrgent) {
    halve_realtime_priority();
  }
  start->body();
  return nullptr;
}

}  // namespace

void leave_realtime() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_OTHER, &none);
}

Thread::Thread(const std::string& name, Urgency urgency, std::function<void()> body) {
  KEELVIP_CHECK(name.size() <= 15);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  auto start = std::make_unique<Start>(Start{name, urgency, std::move(body)});
  KEELVIP_CHECK(::pthread_create(&handle_, &attributes, run, start.get()) == 0);
  [[maybe_unused]] Start* owned_by_thread = start.release();
  ::pthread_attr_destroy(&attributes);
  joinable_ = true;
}

Thread::Thread(Thread&& other) noexcept
    : handle_(other.handle_), joinable_(std::exchange(other.joinable_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  join();
  handle_ = other.handle_;
  joinable_ = std::exchange(other.joinable_, false);
  return *this;
}

void Thread::detach() {
  if (std::exchange(joinable_, false)) {
    ::pthread_detach(handle_);
  }
}

void Thread::join() {
  if (std::exchange(joinable_, false)) {
    ::pthread_join(handle_, nullptr);
  }
}

}  // namespace keelvip::runtime
