// Lease: an address is lent by the kernel for a time and given back when nobody renews it, so that
// a node whose agent hangs or was killed loses its addresses by itself. Says how long that time is
// and which addresses to renew now. Called by the controller, on its thread.
#pragma once

#include <cstddef>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/address_step.h"
#include "pkg/reconcile/state.h"

namespace keelvip::reconcile {

/// What the kernel is told when a node with so many leased addresses is to lose one `lease` after
/// its agent died: whole seconds; zero: for ever. Longer with many addresses, which are renewed
/// three times in it, all of them together less than 100 times a second; and longer where the
/// peers' `patience` is, so that an address answers until its successor does.
[[nodiscard]] base::Duration lifetime_of(base::Duration lease, std::size_t addresses,
                                         base::Duration patience);

/// When take_renewals() has something to give; kNever: not before another round.
[[nodiscard]] base::Instant next_renewal(const State& state);

/// The renewals that are due, the most urgent first, at most what keeps the rate; counts them as
/// done.
[[nodiscard]] std::vector<net::AddressStep> take_renewals(State& state, base::Instant now);

}  // namespace keelvip::reconcile
