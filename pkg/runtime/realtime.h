// Realtime: what keeps a process on time on a busy machine: a priority above every ordinary
// process, and memory that stays. Taken while the privilege is still there, before other threads
// start; a program built with sanitizers does without, because its shadow memory is neither quick
// nor small.
#pragma once

#include <cstdint>

#include "pkg/base/result.h"

namespace keelvip::runtime {

/// Who else is realtime: the threads and processes that the calling thread starts, or nobody.
enum class Heirs : std::uint8_t { kChildren, kNone };

/// Puts the calling thread under SCHED_RR. Errors: kReport when the system does not permit it.
[[nodiscard]] base::Result<void> take_realtime(Heirs heirs);

/// Leaves the calling thread that many quarters, 1 to 3, of its realtime priority, if it has one.
void lower_realtime(int quarters);

/// Puts the calling thread under SCHED_OTHER, whatever it inherited.
void leave_realtime();

enum class Pages : std::uint8_t { kOfNow, kOfNowAndLater };

/// Gives back what only starting up needed, and keeps in memory what is used from now on. Errors:
/// kReport when the system does not permit it.
[[nodiscard]] base::Result<void> lock_memory(Pages pages);

}  // namespace keelvip::runtime
