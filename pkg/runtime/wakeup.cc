#include "pkg/runtime/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "pkg/base/check.h"

namespace keelvip::runtime {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  KEELVIP_CHECK(fd_);
}

void Wakeup::signal() const {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is full of signals nobody has drained: the wake-up is pending.
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void Wakeup::drain() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace keelvip::runtime
