#include "pkg/base/utf8.h"

namespace keelvip::base {

namespace {

/// How many bytes `lead` announces, and which second bytes may follow it (RFC 3629 section 4).
struct Sequence {
  std::size_t length = 0;
  unsigned char second_least = 0x80;
  unsigned char second_most = 0xBF;
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) {
    return {.length = 1};
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return {.length = 2};
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    Sequence sequence{.length = 3};
    if (lead == 0xE0) {
      sequence.second_least = 0xA0;
    } else if (lead == 0xED) {
      sequence.second_most = 0x9F;
    }
    return sequence;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    Sequence sequence{.length = 4};
    if (lead == 0xF0) {
      sequence.second_least = 0x90;
    } else if (lead == 0xF4) {
      sequence.second_most = 0x8F;
    }
    return sequence;
  }
  return {};
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Sequence sequence = sequence_of(byte(0));
  if (sequence.length == 0 || sequence.length > text.size()) {
    return 0;
  }
  if (sequence.length > 1 && (byte(1) < sequence.second_least || byte(1) > sequence.second_most)) {
    return 0;
  }
  for (std::size_t i = 2; i < sequence.length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) {
      return 0;
    }
  }
  return sequence.length;
}

}  // namespace keelvip::base
