// AddressStep: one change of one address, decided by `reconcile` on the controller's thread,
// carried out by `kernel`, the only writer, on its own; StepDone is its answer. Values that can be
// printed, compared and replayed.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/net/interface_index.h"
#include "pkg/net/prefix.h"

namespace keelvip::net {

enum class StepKind : std::uint8_t { kAdd, kRemove, kRenew };

struct AddressStep {
  StepKind kind = StepKind::kAdd;
  InterfaceIndex interface;
  Prefix prefix;
  /// Add only: leave out the connected route (IFA_F_NOPREFIXROUTE), because another address of the
  /// interface brings it.
  bool without_route = false;
  /// Add and renew: the kernel takes the address away after this time from now, in whole seconds.
  /// Zero: never.
  base::Duration lifetime{};

  friend auto operator<=>(const AddressStep&, const AddressStep&) = default;
};

/// The outcome of one step. "Already there" on add (and marked as ours) and "already gone" on
/// remove are successes; so is the renewal of what is gone, or somebody else's by now: that it is
/// missed shows in the facts.
struct StepDone {
  AddressStep step;
  base::Result<void> outcome;
};

}  // namespace keelvip::net
