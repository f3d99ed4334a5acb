// Testament: what is left to do when the worker dies: the farewell of every router that is Active
// now, and the removal of every address that is ours now or is just being added. It lies in memory
// that the guard shares with the worker. The worker's speaker thread writes the words and its
// kernel thread the removals; the guard reads each once its writer is dead. Each part has two sides
// and an index that says which one is whole, so a death in the midst of writing leaves what was
// written before. No locks, no allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pkg/base/result.h"
#include "pkg/guard/lifeline.h"
#include "pkg/net/address_step.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/packet.h"

namespace keelvip::guard {

/// An address to be removed, as rtnetlink wants it. Trivial, so that making room touches no memory.
struct Removal {
  std::uint32_t interface;
  std::uint8_t family;  // AF_INET or AF_INET6
  std::uint8_t prefix_length;
  std::array<std::uint8_t, 16> address;  // IPv4 in the first four bytes

  friend bool operator==(const Removal&, const Removal&) = default;
};

/// What did not fit: these routers and addresses outlive a dead worker by their peers' patience and
/// by their lease.
struct LeftOut {
  std::uint32_t routers = 0;
  std::uint32_t addresses = 0;

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

class Testament {
 public:
  static constexpr std::size_t kMaxWords = 4096;
  static constexpr std::size_t kMaxWordBytes = std::size_t{4} << 20U;
  static constexpr std::size_t kMaxRemovals = 16384;

  /// Memory is taken as it is written. Errors: kReport.
  static base::Result<Testament> create();

  Testament(Testament&& other) noexcept;
  Testament& operator=(Testament&&) = delete;
  Testament(const Testament&) = delete;
  Testament& operator=(const Testament&) = delete;
  ~Testament();

  /// Speaker thread: the whole frames that resign for every Active router.
  void write_last_words(const net::FrameBatch& frames);
  /// Kernel thread: the removals of all that is marked as ours or will be, in an order that takes
  /// nobody else's address along. Written before the first address is added: the kernel finishes a
  /// request of a thread that is being killed.
  void write_removals(std::span<const net::AddressStep> steps);
  /// Held by the two threads for as long as they write: the guard reads what each has written once
  /// its line is broken.
  [[nodiscard]] Lifeline& speaker_line();
  [[nodiscard]] Lifeline& kernel_line();
  /// Main thread: everything is open and every thread runs.
  void announce_ready();
  /// Any thread.
  [[nodiscard]] LeftOut left_out() const;

  /// The guard and the drain thread: the signal, SIGUSR1 or SIGUSR2, that is still to be obeyed;
  /// 0: none. It outlives a worker that dies before it has.
  [[nodiscard]] std::atomic<int>& drain_order();

  // For the guard, while nobody writes.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] std::size_t words() const;
  [[nodiscard]] net::FrameBatch::Frame word(std::size_t i) const;
  [[nodiscard]] std::span<const Removal> removals() const;
  void clear();

 private:
  struct Pages;
  explicit Testament(Pages* pages) : pages_(pages) {}

  Pages* pages_;
};

}  // namespace keelvip::guard
