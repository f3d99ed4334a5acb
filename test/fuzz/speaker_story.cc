// Input: steps (speaker_session.h): time that passes, packets right and wrong, and new configs.
#include "libfuzzer.h"
#include "speaker_session.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kMostSteps = 40;
  keelvip::fuzz::Input input(data, size);
  keelvip::fuzz::Session session;
  for (int steps = 0; steps < kMostSteps && !input.empty(); ++steps) {
    session.step(input);
  }
  return 0;
}
