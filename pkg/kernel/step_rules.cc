#include "pkg/kernel/step_rules.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace keelvip::kernel {

std::vector<net::AddressStep> order_steps(const FactsTable& table,
                                          std::span<const net::AddressStep> steps) {
  const auto is_secondary = [&table](const net::AddressStep& step) {
    const AddressRecord* record = table.find_address(key_of(step));
    return record != nullptr && record->secondary;
  };
  const auto is_removal = [](const net::AddressStep& step) {
    return step.kind == net::StepKind::kRemove;
  };
  std::vector<net::AddressStep> ordered(steps.begin(), steps.end());
  for (auto run = ordered.begin(); run != ordered.end();) {
    run = std::find_if(run, ordered.end(), is_removal);
    const auto end = std::find_if_not(run, ordered.end(), is_removal);
    std::stable_partition(run, end, is_secondary);
    run = end;
  }
  return ordered;
}

std::optional<base::Result<void>> foresee(const FactsTable& table, bool complete, OwnerMark mark,
                                          const net::AddressStep& step) {
  if (step.kind == net::StepKind::kAdd) {
    return std::nullopt;
  }
  const auto fail = [](base::Error error) {
    return base::Result<void>(base::unexpected(std::move(error)));
  };
  const AddressKey key = key_of(step);
  if (step.kind == net::StepKind::kRenew) {
    return table.is_ours(key, mark) ? std::nullopt : std::optional(base::Result<void>());
  }
  if (table.find_address(key) == nullptr) {
    return complete ? base::Result<void>()
                    : fail(base::resync_error("the list of addresses is incomplete"));
  }
  if (!table.is_ours(key, mark)) {
    return fail(base::report_error("it was configured by somebody else, so it is left alone"));
  }
  if (const std::size_t others = table.count_dependents(key); others > 0) {
    return fail(base::report_error(
        fmt::format("it would take {} other addresses of its network along, because this kernel "
                    "refuses to switch promote_secondaries on",
                    others)));
  }
  return std::nullopt;
}

base::Result<void> judge_existing(const FactsTable& table, OwnerMark mark,
                                  const net::AddressStep& step) {
  if (table.is_ours(key_of(step), mark)) {
    return {};
  }
  const AddressKey* existing = table.find_local(step.interface, step.prefix.address);
  if (existing == nullptr) {
    return base::unexpected(
        base::resync_error("the kernel says that the address exists but does not list it"));
  }
  if (table.is_ours(*existing, mark)) {
    return base::unexpected(base::retry_error(
        fmt::format("the address is still there as {}", existing->prefix.to_string())));
  }
  return base::unexpected(base::report_error(
      fmt::format("somebody else has configured {} on this interface; remove it there, or give it "
                  "to Keelvip alone",
                  existing->prefix.to_string())));
}

bool needs_promotion(const FactsTable& table, const net::AddressStep& step) {
  if (step.kind == net::StepKind::kRenew) {
    return false;  // it makes no primary, and removes none
  }
  // A /32 has no secondaries: a second address in its network would be the same address.
  if (step.prefix.address.family() != net::Family::kIpv4 || step.prefix.length == 32) {
    return false;
  }
  const LinkRecord* link = table.find_link(step.interface);
  return link != nullptr && !link->promotes_secondaries;
}

}  // namespace keelvip::kernel
