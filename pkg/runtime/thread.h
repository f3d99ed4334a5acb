// Thread: a named thread with a small stack and a scheduling class, joined by its destructor. The
// agent makes one for each edge and core; those on the failover path are realtime. Created and
// destroyed on the main thread.
#pragma once

#include <pthread.h>

#include <functional>
#include <string>

namespace keelvip::runtime {

/// How urgent a thread's work is. Realtime threads must block only in their event loop.
enum class Urgency : unsigned char {
  kNormal,    // SCHED_OTHER
  kPrompt,    // half the realtime priority of the creating thread, if it has one
  kUrgent,    // three quarters of it
  kRealtime,  // all of it
};

class Thread {
 public:
  Thread() = default;
  /// Runs `body` until it returns. `name` has at most 15 bytes.
  Thread(const std::string& name, Urgency urgency, std::function<void()> body);
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  void join();

  /// Lets it run on by itself. Only for a body that may be stuck in the C library (getaddrinfo) and
  /// owns all that it touches.
  void detach();

 private:
  pthread_t handle_{};
  bool joinable_ = false;
};

}  // namespace keelvip::runtime
