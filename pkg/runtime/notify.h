// Notify: tells systemd how the service is doing (sd_notify(3)'s protocol: one datagram to the
// socket named by NOTIFY_SOCKET). Without systemd every call does nothing. Called by the agent as
// it starts, lives and stops. Main thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/base/time.h"

namespace keelvip::runtime {

class Notify {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so
  /// that children do not speak for us.
  static Notify from_environment();

  /// Sends lines such as "READY=1" or "STATUS=text", joined by newlines. Never blocks; what cannot
  /// be sent is lost.
  void send(std::string_view state) const;

  /// How often the service manager wants to hear WATCHDOG=1; unset if it does not.
  [[nodiscard]] std::optional<base::Duration> watchdog_period() const { return watchdog_; }

 private:
  std::string socket_path_;
  std::optional<base::Duration> watchdog_;
};

}  // namespace keelvip::runtime
