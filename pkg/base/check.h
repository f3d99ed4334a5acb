// KEELVIP_CHECK: for what no peer, file or kernel can cause. A failed check is a bug of ours; it
// stays on in release, says where, and aborts: the restart plus level-based reconcile is the
// recovery. Anything that the outside can cause is an Error value instead.
#pragma once

namespace keelvip::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace keelvip::base

#define KEELVIP_CHECK(condition)                                     \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::keelvip::base::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
