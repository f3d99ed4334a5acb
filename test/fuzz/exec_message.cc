// Input: a datagram between the agent and the process that runs its commands. What is taken encodes
// again to the very same bytes: there is one way to say a thing.
#include "input.h"
#include "libfuzzer.h"
#include "pkg/base/check.h"
#include "pkg/probe/exec_protocol.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelvip;
  const std::string datagram(fuzz::Input(data, size).take_text());
  const auto message = probe::decode_exec_message(datagram);
  if (!message) {
    KEELVIP_CHECK(!message.error().message.empty());
    return 0;
  }
  if (datagram.size() <= probe::kExecMessageLimit) {
    KEELVIP_CHECK(probe::encode(*message) == datagram);
  }
  return 0;
}
