// The writing half of Kernel; kernel.cc is the reading half.
#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "pkg/kernel/address_message.h"
#include "pkg/kernel/kernel.h"
#include "pkg/kernel/link_message.h"
#include "pkg/kernel/step_rules.h"

namespace keelvip::kernel {

namespace {

// One call to the kernel and one report: large enough to spread the cost of both, small enough
// that the first addresses are announced while the last are still being set.
constexpr std::size_t kChunk = 64;

// The steps that can go in one chunk: rules judge by the facts before it, so that no two steps of
// a chunk may be about the same address.
std::size_t chunk_size(std::span<const net::AddressStep> steps) {
  std::set<AddressKey> keys;
  std::size_t size = 0;
  while (size < std::min(kChunk, steps.size()) && keys.insert(key_of(steps[size])).second) {
    ++size;
  }
  return size;
}

std::string describe(const net::AddressStep& step, std::string_view interface_name) {
  switch (step.kind) {
    case net::StepKind::kAdd:
      return fmt::format("add {} to {}", step.prefix.to_string(), interface_name);
    case net::StepKind::kRenew:
      return fmt::format("renew {} on {}", step.prefix.to_string(), interface_name);
    case net::StepKind::kRemove:
      break;
  }
  return fmt::format("remove {} from {}", step.prefix.to_string(), interface_name);
}

}  // namespace

void Kernel::apply(std::span<const net::AddressStep> steps, const Progress& progress) {
  // A failure is no reason to refuse: additions do not depend on the facts, and removals judge by
  // what is known and whether that is all.
  (void)read_notifications();
  protect_secondaries(steps);
  const std::vector<net::AddressStep> ordered = order_steps(table_, steps);
  under_way_ = ordered;
  if (std::ranges::any_of(ordered, [this](const auto& step) { return will_be_ours(step); })) {
    progress.adds();
  }
  while (!under_way_.empty()) {
    const auto chunk = under_way_.first(chunk_size(under_way_));
    const auto done = apply_chunk(chunk);
    under_way_ = under_way_.subspan(chunk.size());
    progress.answered(done);
  }
}

void Kernel::protect_secondaries(std::span<const net::AddressStep> steps) {
  std::set<net::InterfaceIndex> links;
  for (const net::AddressStep& step : steps) {
    if (needs_promotion(table_, step)) {
      links.insert(step.interface);
    }
  }
  for (const net::InterfaceIndex link : links) {
    std::vector<std::byte> request;
    const std::uint32_t sequence = requests_.take_sequences(1);
    append_promote_request(request, link, sequence);
    const auto answers = requests_.exchange(request, sequence, 1);
    if (answers && answers->front() && answers->front()->error == 0) {
      table_.set_promotes_secondaries(link);
    }
    // Otherwise foresee() refuses the removals that would take others along, and says why.
  }
}

std::vector<net::StepDone> Kernel::apply_chunk(std::span<const net::AddressStep> steps) {
  const std::uint32_t first = requests_.take_sequences(steps.size());
  std::vector<std::byte> requests;
  std::vector<net::StepDone> done;
  std::vector<std::size_t> asked;
  for (const net::AddressStep& step : steps) {
    const auto foreseen = foresee(table_, !incomplete_, mark_, step);
    if (!foreseen) {
      const auto sequence = first + static_cast<std::uint32_t>(asked.size());
      append_request(requests, step, mark_, name_of(step.interface), sequence);
      asked.push_back(done.size());
    }
    done.push_back({step, foreseen.value_or(base::Result<void>())});
  }

  if (!asked.empty()) {
    const auto answers = requests_.exchange(requests, first, asked.size());
    std::vector<std::size_t> existing;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      net::StepDone& step = done[asked[i]];
      if (!answers) {
        step.outcome = base::unexpected(answers.error());
      } else if (const auto& answer = (*answers)[i]; answer && answer->error == EEXIST) {
        existing.push_back(asked[i]);
      } else {
        step.outcome = settle(step.step, answer);
      }
    }
    // After our own steps are in the table, so that what others did to them meanwhile wins. Also,
    // the buffer for notifications must not overflow by our own doing.
    (void)read_notifications();
    for (const std::size_t i : existing) {
      done[i].outcome = settle_existing(done[i].step);
    }
  }
  for (net::StepDone& step : done) {
    if (!step.outcome) {
      step.outcome = base::unexpected(
          base::wrap(step.outcome.error(), describe(step.step, name_of(step.step.interface))));
    }
  }
  return done;
}

base::Result<void> Kernel::settle(const net::AddressStep& step,
                                  const std::optional<Acknowledgement>& answer) {
  if (!answer) {
    incomplete_ = true;  // it may have happened or not
    return base::unexpected(base::resync_error("the kernel did not answer"));
  }
  const AddressKey key = key_of(step);
  if (step.kind == net::StepKind::kAdd) {
    if (answer->error != 0) {
      return base::unexpected(to_error(*answer));
    }
    if (table_.put_own(key, mark_)) {
      mark_changed();
    }
    return {};
  }
  // The address went before us, alone or with its interface.
  const bool gone =
      answer->error == EADDRNOTAVAIL || answer->error == ENODEV || answer->error == ENOENT;
  if (answer->error != 0 && !gone) {
    return base::unexpected(to_error(*answer));
  }
  if (step.kind == net::StepKind::kRenew && !gone) {
    return {};
  }
  if (table_.remove_address(key)) {
    mark_changed();
  }
  return {};
}

base::Result<void> Kernel::settle_existing(const net::AddressStep& step) {
  auto verdict = judge_existing(table_, mark_, step);
  if (!verdict && verdict.error().code == base::ErrorCode::kResync) {
    (void)resync();
    verdict = judge_existing(table_, mark_, step);
  }
  return verdict;
}

std::string Kernel::name_of(net::InterfaceIndex index) const {
  const LinkRecord* link = table_.find_link(index);
  return link != nullptr ? link->link.name : fmt::format("interface {}", index.value);
}

}  // namespace keelvip::kernel
