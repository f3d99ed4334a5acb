// The words that stand for enumerators in documents, in one place for decode and encode. They are
// part of the API: the schema lists the same, and a test compares them. Constants; used by the
// decoder, the encoder and the status.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "pkg/api/virtual_ip.h"

namespace keelvip::api {

template <typename Enum>
struct Word {
  std::string_view text;
  Enum value;
};

inline constexpr std::array kPreemptionModes{
    Word<Preemption::Mode>{"Immediate", Preemption::Mode::kImmediate},
    Word<Preemption::Mode>{"Delayed", Preemption::Mode::kDelayed},
    Word<Preemption::Mode>{"Never", Preemption::Mode::kNever},
};

inline constexpr std::array kChecksumForms{
    Word<ChecksumIpv4>{"Auto", ChecksumIpv4::kAuto},
    Word<ChecksumIpv4>{"RFC9568", ChecksumIpv4::kRfc9568},
    Word<ChecksumIpv4>{"PseudoHeader", ChecksumIpv4::kPseudoHeader},
};

inline constexpr std::array kSchemes{
    Word<HttpGet::Scheme>{"HTTP", HttpGet::Scheme::kHttp},
    Word<HttpGet::Scheme>{"HTTPS", HttpGet::Scheme::kHttps},
};

inline constexpr std::array kFailureActions{
    Word<OnFailure::Action>{"Withdraw", OnFailure::Action::kWithdraw},
    Word<OnFailure::Action>{"LowerPriority", OnFailure::Action::kLowerPriority},
};

/// There is one type so far; the field exists so that there can be more.
enum class AuthenticationType { kSimpleText };
inline constexpr std::array kAuthenticationTypes{
    Word<AuthenticationType>{"SimpleText", AuthenticationType::kSimpleText},
};

template <typename Enum, std::size_t kCount>
[[nodiscard]] constexpr std::string_view word_for(const std::array<Word<Enum>, kCount>& words,
                                                  Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) {
      return word.text;
    }
  }
  return {};
}

}  // namespace keelvip::api
