#include "pkg/runtime/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "pkg/base/check.h"

namespace keelvip::runtime {

SignalReader::SignalReader(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) {
    ::sigaddset(&set, signal);
  }
  KEELVIP_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  KEELVIP_CHECK(fd_);
}

std::optional<int> SignalReader::take() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return std::nullopt;
  }
  return static_cast<int>(info.ssi_signo);
}

}  // namespace keelvip::runtime
