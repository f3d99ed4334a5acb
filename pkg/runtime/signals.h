// SignalReader: turns the signals that steer the process into values on an event loop. They
// are blocked for the whole process, so the agent creates it before the first thread. Main
// thread.
#pragma once

#include <initializer_list>
#include <optional>

#include "pkg/runtime/unique_fd.h"

namespace keelvip::runtime {

class SignalReader {
 public:
  SignalReader(std::initializer_list<int> signals);

  /// Readable when a signal is pending.
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The next pending signal's number; nullopt when there is none.
  [[nodiscard]] std::optional<int> take() const;

 private:
  UniqueFd fd_;
};

}  // namespace keelvip::runtime
