#include "pkg/probe/exec_protocol.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::probe {
namespace {

const RunCommand kRun{.id = 7,
                      .timeout = std::chrono::milliseconds{1500},
                      .user = "nobody",
                      .command = {"/bin/check", "", "--all"},
                      .environment = {"KEELVIP_VIP=web"}};

}  // namespace

TEST_CASE("every message is decoded to what was encoded") {
  const std::vector<ExecMessage> messages{
      kRun, CancelCommand{.id = 8},
      CommandEnded{.id = 9, .success = true, .reason = "exit status 0"},
      CommandGone{.id = ~AttemptId{0}}};
  for (const ExecMessage& message : messages) {
    const auto datagram = encode(message);
    REQUIRE(datagram.has_value());
    const auto decoded = decode_exec_message(*datagram);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == message);
  }
}

TEST_CASE("a message that was cut or grew is refused, at every length") {
  const std::string datagram = encode(kRun).value();
  for (std::size_t length = 0; length < datagram.size(); ++length) {
    CHECK_FALSE(decode_exec_message(datagram.substr(0, length)).has_value());
  }
  CHECK_FALSE(decode_exec_message(datagram + "x").has_value());
}

TEST_CASE(
    "a message with any one byte wrong is refused or decoded, and never read beyond its end") {
  const std::string datagram = encode(kRun).value();
  for (std::size_t at = 0; at < datagram.size(); ++at) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string wrong = datagram;
      wrong[at] = value;
      const auto decoded = decode_exec_message(wrong);
      if (const auto* run = decoded ? std::get_if<RunCommand>(&*decoded) : nullptr) {
        CHECK(run->timeout > base::Duration::zero());
        CHECK_FALSE(run->command.empty());
      }
    }
  }
}

TEST_CASE("another version is refused") {
  std::string datagram = encode(CancelCommand{.id = 1}).value();
  datagram[0] = 2;
  CHECK(decode_exec_message(datagram).error().message == "unknown version");
}

TEST_CASE("there is one way to say that a command succeeded") {
  std::string datagram = encode(CommandEnded{.id = 1, .success = true, .reason = ""}).value();
  constexpr std::size_t kSuccess = 2 + sizeof(AttemptId);
  REQUIRE(datagram[kSuccess] == 1);
  datagram[kSuccess] = 2;
  CHECK_FALSE(decode_exec_message(datagram).has_value());
}

TEST_CASE("a run without a command, a timeout or with a NUL byte is refused") {
  RunCommand run = kRun;
  run.command.clear();
  CHECK_FALSE(decode_exec_message(encode(run).value()).has_value());
  run = kRun;
  run.timeout = {};
  CHECK_FALSE(decode_exec_message(encode(run).value()).has_value());
  run = kRun;
  run.command.emplace_back("a\0b", 3);
  CHECK(encode(run).error().message == "a command must not contain NUL bytes");
}

TEST_CASE("a message beyond the limit is not sent") {
  RunCommand run = kRun;
  run.command.emplace_back(kExecMessageLimit, 'x');
  CHECK(encode(run).error().message == "the command is longer than 64 kB");
}

}  // namespace keelvip::probe
