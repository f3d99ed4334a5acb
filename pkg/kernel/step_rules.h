// What may be done with an address and what an answer means, judged by the facts: the rules that
// keep foreign addresses untouched. Pure; kernel thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/kernel/facts_table.h"
#include "pkg/net/address_step.h"

namespace keelvip::kernel {

/// The steps in their order, but within a run of removals secondaries before primaries: removing
/// a primary makes the kernel promote each of its secondaries, which is quadratic in a batch.
[[nodiscard]] std::vector<net::AddressStep> order_steps(const FactsTable& table,
                                                        std::span<const net::AddressStep> steps);

/// The outcome of a step that needs no request: the removal of what is gone (success), not ours or
/// would take others along (kReport), and the renewal of what is not ours (success: nothing to do);
/// nullopt when the kernel must be asked. Unless the table is
/// `complete`, what it does not list may be there all the same (kResync).
[[nodiscard]] std::optional<base::Result<void>> foresee(const FactsTable& table, bool complete,
                                                        OwnerMark mark,
                                                        const net::AddressStep& step);

/// What it means that the kernel has the address of an add step already (EEXIST): success if it is
/// exactly this address and ours, kReport if somebody else's, kResync if the table has none.
[[nodiscard]] base::Result<void> judge_existing(const FactsTable& table, OwnerMark mark,
                                                const net::AddressStep& step);

/// Whether the link of `step` should promote secondaries and does not: the address is, or may
/// become, the primary of others, which the kernel removes together with it.
[[nodiscard]] bool needs_promotion(const FactsTable& table, const net::AddressStep& step);

}  // namespace keelvip::kernel
