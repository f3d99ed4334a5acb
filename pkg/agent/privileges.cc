#include "pkg/agent/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <utility>

#include <fmt/format.h>

#include "pkg/runtime/realtime.h"
#include "pkg/runtime/sanitized.h"

namespace keelvip::agent {
namespace {

/// A realtime thread that computes this long without blocking has run amok: better dead than
/// locking everybody out.
constexpr rlim_t kRunawayMicroseconds = 3'000'000;

void take_realtime(Shortfalls& shortfalls) {
  if (auto taken = runtime::take_realtime(runtime::Heirs::kChildren); !taken) {
    shortfalls.push_back(std::move(taken.error().message));
    return;
  }
  const rlimit limit{kRunawayMicroseconds, kRunawayMicroseconds};
  ::setrlimit(RLIMIT_RTTIME, &limit);
}

void lock_memory(Shortfalls& shortfalls) {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  // Once CAP_IPC_LOCK is gone a finite limit would make later allocations fail, so then only what
  // is there now is locked.
  const auto pages =
      limit.rlim_cur == RLIM_INFINITY ? runtime::Pages::kOfNowAndLater : runtime::Pages::kOfNow;
  if (auto locked = runtime::lock_memory(pages); !locked) {
    shortfalls.push_back(std::move(locked.error().message));
  }
}

/// For a core dump the kernel first gathers every thread, which on a busy machine takes a tenth of
/// a second, and then writes; meanwhile the addresses would answer and the guard not hear of the
/// death.
void forgo_core_dumps() {
  if (!runtime::kSanitized) {  // LeakSanitizer attaches to its own process
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
