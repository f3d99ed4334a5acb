#include "pkg/guard/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>

namespace keelvip::guard {
namespace {

// A farewell, the removal of addresses and the locking of memory take the first three. The others
// are what a worker uses while it starts, or hands to the host of exec checks.
constexpr std::array kInForce{CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK};
constexpr std::array kForWorkers{CAP_SYS_NICE, CAP_NET_BIND_SERVICE, CAP_SETPCAP,
                                 CAP_SETUID,   CAP_SETGID,           CAP_KILL};

}  // namespace

void keep_few_capabilities() {
  ::capng_get_caps_process();
  const auto there = [](int capability) {
    return ::capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(capability)) != 0;
  };
  std::array<bool, kInForce.size()> in_force{};
  std::array<bool, kForWorkers.size()> for_workers{};
  std::ranges::transform(kInForce, in_force.begin(), there);
  std::ranges::transform(kForWorkers, for_workers.begin(), there);
  const bool may_bound = ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;

  const auto keep = [](int capability, unsigned sets) {
    ::capng_update(CAPNG_ADD, static_cast<capng_type_t>(sets), static_cast<unsigned>(capability));
  };
  ::capng_clear(CAPNG_SELECT_ALL);
  for (std::size_t i = 0; i < kInForce.size(); ++i) {
    if (in_force.at(i)) {
      keep(kInForce.at(i), CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
    }
  }
  for (std::size_t i = 0; i < kForWorkers.size(); ++i) {
    if (for_workers.at(i)) {
      keep(kForWorkers.at(i), CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
    }
  }
  ::capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void wake_capabilities() {
  ::capng_get_caps_process();
  for (unsigned capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (::capng_have_capability(CAPNG_PERMITTED, capability) != 0) {
      ::capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, capability);
    }
  }
  ::capng_apply(CAPNG_SELECT_CAPS);
}

}  // namespace keelvip::guard
