// kSanitized: whether this program was built with AddressSanitizer or ThreadSanitizer, which need
// room and time that the real one does without. For those who ask the system for either, and for
// tests that measure; a constant, on any thread.
#pragma once

namespace keelvip::runtime {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) ||  // NOLINT: of Clang
                                   __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace keelvip::runtime
