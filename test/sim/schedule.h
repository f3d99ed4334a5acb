// Schedule: one made-up story of a cluster, from a seed: who takes part, by which specs, and what
// goes wrong when. Everything ends healed, so that it can be demanded that all is well at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pkg/api/virtual_ip.h"
#include "pkg/base/time.h"
#include "pkg/sim/prng.h"

namespace keelvip::sim {

inline constexpr base::Duration kFaultsEnd = std::chrono::seconds(34);
inline constexpr base::Duration kHealed = std::chrono::seconds(36);
/// From here on nothing may change any more: the slowest takeover and the slowest delayed
/// preemption, each a down interval of 7.8 s by the slowest clock, and the longest delay are over.
inline constexpr base::Duration kQuiet = std::chrono::seconds(57);
inline constexpr base::Duration kRunEnd = std::chrono::seconds(60);

enum class FaultKind : std::uint8_t {
  kLoss,            // of frames, between `node` and everybody, by `amount` per mille
  kDelay,           // and reordering: up to `amount` us
  kDoubling,        // of frames
  kPartition,       // `node` is alone
  kSplit,           // the listening host and `node` on one side, the rest on the other
  kDeaf,            // `node` hears nobody, but is heard
  kMute,            // `node` is not heard, but hears
  kOneWay,          // `node` is not heard by `peer`
  kFreeze,          // the agent's process stops; its kernel goes on
  kFrozenMachine,   // the whole machine stops
  kControllerHang,  // one thread stops
  kCrash,           // the agent dies without a word, and is started again
  kRestart,         // the agent is asked to stop, and is started again
  kRollingRestart,  // every agent in turn
  kLinkDown,        // set down by somebody
  kCarrierLoss,
  kFlap,            // carrier lost and back, many times
  kLinkDeleted,     // and created again
  kRefusal,         // the kernel refuses additions and removals, `amount`: sim::Refusal
  kSlowKernel,      // answers take `amount` us
  kAddressDeleted,  // somebody deletes the virtual addresses
  kForeignAddress,  // somebody configures the virtual address himself
  kBystander,       // somebody configures an address that has nothing to do with us
  kOverrun,         // the kernel drops notifications
  kHealth,          // the check of `vip` fails on `node`
  kHealthFlap,      // it fails and passes, many times
  kForgery,         // damaged and made-up adverts
  kNewPriority,     // the specs change, node by node
  kNewInterval,
  kNewPreemption,
  kVipRemoved,  // and added again
  kBadSpec,     // a document that is invalid, a duplicate or in conflict
  kStaleSpec,   // `node` does not see a change
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kStaleSpec) + 1;

[[nodiscard]] const char* to_string(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kLoss;
  base::Duration begins{};
  base::Duration lasts{};
  std::size_t node = 0;
  std::size_t peer = 0;
  std::size_t vip = 0;
  std::uint32_t amount = 0;
};

struct NodePlan {
  std::string name;
  std::uint8_t host = 0;  // the last byte of its addresses
  std::int64_t clock_error = 0;
  base::Duration clock_began{};
  base::Duration starts{};
};

struct Schedule {
  std::uint64_t seed = 0;
  std::vector<NodePlan> nodes;
  std::vector<api::VirtualIp> vips;
  base::Duration hand_off{};  // how slow its threads are scheduled
  std::vector<Fault> faults;  // by the time when they begin
};

/// The virtual router ID of the VIP at this position of Schedule::vips.
[[nodiscard]] constexpr std::uint8_t vrid_of(std::size_t vip) {
  return static_cast<std::uint8_t>(51 + vip);
}

[[nodiscard]] Schedule make_schedule(std::uint64_t seed);

/// Some lines for people.
[[nodiscard]] std::string describe(const Schedule& schedule);

}  // namespace keelvip::sim
