#include "pkg/runtime/thread.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "pkg/base/check.h"
#include "pkg/runtime/realtime.h"
#include "pkg/runtime/sanitized.h"

namespace keelvip::runtime {
namespace {

// Sanitizers put shadow data and redzones on the stack.
constexpr std::size_t kStackBytes = (kSanitized ? std::size_t{8192} : std::size_t{512}) << 10U;

struct Start {
  std::string name;
  Urgency urgency;
  std::function<void()> body;
};

void take(Urgency urgency) {
  switch (urgency) {
    case Urgency::kNormal:
      leave_realtime();
      break;
    case Urgency::kPrompt:
      lower_realtime(2);
      break;
    case Urgency::kUrgent:
      lower_realtime(3);
      break;
    case Urgency::kRealtime:
      break;
  }
}

void* run(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  ::pthread_setname_np(::pthread_self(), start->name.c_str());
  take(start->urgency);
  start->body();
  return nullptr;
}

}  // namespace

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
