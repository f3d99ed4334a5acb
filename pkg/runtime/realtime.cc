#include "pkg/runtime/realtime.h"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "pkg/runtime/footprint.h"
#include "pkg/runtime/sanitized.h"

namespace keelvip::runtime {
namespace {

/// Low among realtime priorities: above every ordinary process, below the kernel's own threads.
/// What systemd's unit allows.
constexpr int kRealtimePriority = 20;

}  // namespace

base::Result<void> take_realtime(Heirs heirs) {
  if (kSanitized) {
    return {};
  }
  const sched_param param{.sched_priority = kRealtimePriority};
  const int policy = heirs == Heirs::kNone ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_RR;
  if (::sched_setscheduler(0, policy, &param) != 0) {
    return base::unexpected(
        base::report_error(fmt::format("no realtime priority: {}", base::describe_errno(errno))));
  }
  return {};
}

void lower_realtime(int quarters) {
  sched_param param{};
  ::sched_getparam(0, &param);
  if (param.sched_priority > 0) {
    param.sched_priority = std::max(1, param.sched_priority * quarters / 4);
    // Lowering is always permitted; raising needs a privilege that is gone by then.
    ::sched_setparam(0, &param);
  }
}

void leave_realtime() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_OTHER, &none);
}

base::Result<void> lock_memory(Pages pages) {
  if (kSanitized) {
    return {};
  }
  release_startup_pages();
  // ONFAULT: only pages that are used count.
  const int later = pages == Pages::kOfNowAndLater ? MCL_FUTURE : 0;
  if (::mlockall(MCL_CURRENT | MCL_ONFAULT | later) != 0) {
    return base::unexpected(
        base::report_error(fmt::format("memory is not locked: {}", base::describe_errno(errno))));
  }
  return {};
}

}  // namespace keelvip::runtime
