// LastGasp: carries a testament out: sends the last words of every router and removes the
// addresses, in a few system calls, within a few milliseconds. It has its sockets and all its
// memory before it is needed. The guard calls it; no thread, no clock, no allocation after open().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pkg/guard/testament.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::guard {

struct Deeds {
  std::uint32_t resigned = 0;   // frames sent
  std::uint32_t unsent = 0;     // frames that the system refused, as on a link that is down
  std::uint32_t removed = 0;    // addresses that are gone now
  std::uint32_t unremoved = 0;  // addresses that the kernel refused to remove
};

class LastGasp {
 public:
  /// In the network namespace of the calling thread. A socket that cannot be had leaves its half
  /// undone: see problem().
  static LastGasp open();

  LastGasp(LastGasp&&) noexcept;
  LastGasp& operator=(LastGasp&&) noexcept;
  ~LastGasp();

  /// Why something could not be opened; empty if all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// An empty testament is a rehearsal: it brings the code into memory.
  void say_last_words(const Testament& testament, Deeds& deeds);
  void remove_addresses(const Testament& testament, Deeds& deeds);

  /// In the worker, whom these sockets do not concern.
  void close();

 private:
  struct Messages;
  LastGasp();

  void send_words(std::size_t count, Deeds& deeds);
  [[nodiscard]] std::uint32_t take_refusals();

  runtime::UniqueFd packets_;
  runtime::UniqueFd netlink_;
  std::unique_ptr<Messages> messages_;
  std::string problem_;
};

}  // namespace keelvip::guard
