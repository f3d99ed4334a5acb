#include "pkg/agent/privileges.h"

#include <cap-ng.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>

#include <fmt/format.h>

#include "pkg/runtime/footprint.h"

namespace keelvip::agent {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // shadow memory can neither be locked nor be quick
#else
constexpr bool kSanitized = false;
#endif

/// Low among realtime priorities: above every ordinary process, below the kernel's own threads.
constexpr int kRealtimePriority = 20;

/// A realtime thread that computes this long without blocking has run amok: better dead than
/// locking everybody out.
constexpr rlim_t kRunawayMicroseconds = 3'000'000;

void take_realtime(Shortfalls& shortfalls) {
  if (kSanitized) {
    return;
  }
  const sched_param param{.sched_priority = kRealtimePriority};
  if (::sched_setscheduler(0, SCHED_RR, &param) != 0) {
    shortfalls.push_back(fmt::format("no realtime priority: {}", base::describe_errno(errno)));
    return;
  }
  const rlimit limit{kRunawayMicroseconds, kRunawayMicroseconds};
  ::setrlimit(RLIMIT_RTTIME, &limit);
}

void lock_memory(Shortfalls& shortfalls) {
  if (kSanitized) {
    return;
  }
  runtime::release_startup_pages();
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  // Once CAP_IPC_LOCK is gone a finite limit would make later allocations fail, so then only what
  // is there now is locked. ONFAULT: only pages that are used count.
  const int future = limit.rlim_cur == RLIM_INFINITY ? MCL_FUTURE : 0;
  if (::mlockall(MCL_CURRENT | MCL_ONFAULT | future) != 0) {
    shortfalls.push_back(fmt::format("memory is not locked: {}", base::describe_errno(errno)));
  }
}

/// For a core dump the kernel first gathers every thread, which on a busy machine takes a tenth of
/// a second, and then writes; meanwhile the addresses would answer and the guard not hear of the
/// death.
void forgo_core_dumps() {
  if (!kSanitized) {  // LeakSanitizer attaches to its own process
    ::prctl(PR_SET_DUMPABLE, 0);
  }
}

base::Result<void> drop_capabilities() {
  capng_clear(CAPNG_SELECT_BOTH);
  capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                CAP_NET_ADMIN, CAP_NET_RAW, -1);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
    return base::unexpected(base::report_error("cannot drop capabilities"));
  }
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return {};
}

}  // namespace

base::Result<Shortfalls> settle_privileges() {
  capng_get_caps_process();
  for (const auto& [capability, name] :
       {std::pair{CAP_NET_ADMIN, "CAP_NET_ADMIN"}, std::pair{CAP_NET_RAW, "CAP_NET_RAW"}}) {
    if (capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(capability)) == 0) {
      return base::unexpected(base::report_error(
          fmt::format("{} is missing: run as root, or grant CAP_NET_ADMIN and CAP_NET_RAW", name)));
    }
  }
  Shortfalls shortfalls;
  take_realtime(shortfalls);
  lock_memory(shortfalls);
  // The bounding set can only be emptied with CAP_SETPCAP; without it nothing can be regained
  // either, because no_new_privs follows.
  if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0) {
    capng_clear(CAPNG_SELECT_BOUNDS);
    capng_apply(CAPNG_SELECT_BOUNDS);
  }
  if (auto dropped = drop_capabilities(); !dropped) {
    return base::unexpected(dropped.error());
  }
  forgo_core_dumps();
  return shortfalls;
}

}  // namespace keelvip::agent
