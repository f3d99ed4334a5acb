// Exit codes of every command.
#pragma once

namespace keelvip::cmd {

inline constexpr int kOk = 0;
inline constexpr int kNo = 1;           // the answer is no: invalid, unhealthy, not found
inline constexpr int kUsage = 2;        // the command line is wrong
inline constexpr int kEnvironment = 3;  // the environment forbids it

}  // namespace keelvip::cmd
