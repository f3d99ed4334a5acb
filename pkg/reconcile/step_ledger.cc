#include "pkg/reconcile/step_ledger.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "pkg/reconcile/backoff.h"

namespace keelvip::reconcile {
namespace {

using Place = std::tuple<net::InterfaceIndex, net::Prefix>;

Place place_of(const net::AddressStep& step) {
  return {step.interface, step.prefix};
}

bool shows(const net::HostFacts& facts, const net::AddressStep& step) {
  const auto at = std::ranges::lower_bound(
      facts.addresses, place_of(step), {},
      [](const net::Address& address) { return Place{address.interface, address.prefix}; });
  const bool there =
      at != facts.addresses.end() && at->ours && Place{at->interface, at->prefix} == place_of(step);
  return there == (step.kind == net::StepKind::kAdd);
}

}  // namespace

void StepLedger::sent(std::span<const Step> steps, base::Instant now) {
  const auto known_end = entries_.size();
  for (const Step& step : steps) {
    const auto known = std::span(entries_).first(known_end);
    const auto at =
        std::ranges::lower_bound(known, place_of(step.change), {},
                                 [](const Entry& entry) { return place_of(entry.step.change); });
    if (at != known.end() && place_of(at->step.change) == place_of(step.change)) {
      at->step = step;
      at->state = State::kInFlight;
      at->deadline = now + kStepTimeout;
    } else {
      entries_.push_back({step, State::kInFlight, now + kStepTimeout, std::nullopt});
    }
  }
  tidy_up();
}

std::vector<StepAnswer> StepLedger::done(std::span<const net::StepDone> answers,
                                         const net::HostFacts& facts, base::Instant now) {
  std::vector<StepAnswer> known;
  known.reserve(answers.size());
  for (const net::StepDone& answer : answers) {
    Entry* entry = find(answer.step.interface, answer.step.prefix);
    if (entry == nullptr || entry->step.change.kind != answer.step.kind) {
      continue;
    }
    if (!answer.outcome) {
      known.push_back(fail(*entry, answer.outcome.error(), now));
      continue;
    }
    known.push_back({entry->step, std::nullopt, entry->failure.has_value()});
    entry->failure.reset();
    entry->state = shows(facts, answer.step) ? State::kFinished : State::kSettled;
    entry->deadline = now + kSettleTimeout;
  }
  tidy_up();
  return known;
}

std::vector<StepAnswer> StepLedger::advance(base::Instant now) {
  std::vector<StepAnswer> overdue;
  if (now < next_deadline_) {
    return overdue;
  }
  for (Entry& entry : entries_) {
    if (now < entry.deadline) {
      continue;
    }
    if (entry.state == State::kInFlight) {
      overdue.push_back(
          fail(entry, base::retry_error("the kernel thread has not answered in time"), now));
    } else if (entry.state == State::kSettled) {
      entry.state = State::kFinished;
    } else {
      entry.state = State::kDelayed;
      entry.deadline = base::kNever;  // due: no longer held, see held()
      if (!entry.failure) {
        entry.state = State::kFinished;
      }
    }
  }
  tidy_up();
  return overdue;
}

StepAnswer StepLedger::fail(Entry& entry, const base::Error& error, base::Instant now) {
  StepFailure failure;
  failure.message = error.message;
  failure.in_a_row = entry.failure ? entry.failure->in_a_row + 1 : 1;
  failure.news = !entry.failure || entry.failure->message != error.message;
  if (error.code == base::ErrorCode::kReport) {
    entry.state = State::kRefused;
    entry.deadline = now + kRefusedPause;
  } else {
    entry.state = State::kDelayed;
    failure.retry_at = now + backoff(failure.in_a_row);
    entry.deadline = failure.retry_at;
  }
  entry.failure = failure;
  return {entry.step, std::move(failure), false};
}

void StepLedger::facts_changed() {
  for (Entry& entry : entries_) {
    if (entry.state == State::kSettled) {
      entry.state = State::kFinished;
    }
  }
  retry_refused();
}

void StepLedger::specs_changed() {
  retry_refused();
}

void StepLedger::retry_refused() {
  for (Entry& entry : entries_) {
    if (entry.state == State::kRefused) {
      entry.state = State::kDelayed;
      entry.deadline = base::kNever;
    }
  }
  tidy_up();
}

void StepLedger::keep_wanted(const Plan& plan) {
  if (failing_ == 0) {
    return;
  }
  std::vector<Place> wanted;
  for (const auto* steps : {&plan.steps, &plan.waiting}) {
    for (const Step& step : *steps) {
      wanted.push_back(place_of(step.change));
    }
  }
  std::ranges::sort(wanted);
  for (Entry& entry : entries_) {
    const bool resting = entry.state == State::kDelayed || entry.state == State::kRefused;
    if (resting && !std::ranges::binary_search(wanted, place_of(entry.step.change))) {
      entry.state = State::kFinished;
    }
  }
  tidy_up();
}

void StepLedger::delay(const Step& step, base::Instant until) {
  Entry* entry = find(step.change.interface, step.change.prefix);
  if (entry == nullptr) {
    entries_.push_back({step, State::kDelayed, until, std::nullopt});
  } else if (entry->state != State::kInFlight) {
    entry->state = State::kDelayed;
    entry->deadline = until;
  }
  tidy_up();
}

std::vector<HeldAddress> StepLedger::held(base::Instant now) const {
  std::vector<HeldAddress> held;
  held.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    const bool due =
        entry.state == State::kDelayed && (entry.deadline == base::kNever || entry.deadline <= now);
    if (!due) {
      held.push_back({entry.step.change.interface, entry.step.change.prefix.address});
    }
  }
  return held;
}

bool StepLedger::added(net::InterfaceIndex interface, const net::Prefix& prefix) const {
  const Entry* entry = find(interface, prefix);
  return entry != nullptr && entry->state == State::kSettled &&
         entry->step.change.kind == net::StepKind::kAdd;
}

bool StepLedger::adding(net::InterfaceIndex interface, const net::Prefix& prefix) const {
  return under_way(net::StepKind::kAdd, interface, prefix);
}

bool StepLedger::removing(net::InterfaceIndex interface, const net::Prefix& prefix) const {
  return under_way(net::StepKind::kRemove, interface, prefix);
}

bool StepLedger::under_way(net::StepKind kind, net::InterfaceIndex interface,
                           const net::Prefix& prefix) const {
  const Entry* entry = find(interface, prefix);
  return entry != nullptr && entry->step.change.kind == kind &&
         (entry->state == State::kInFlight || entry->state == State::kSettled);
}

const StepFailure* StepLedger::failure(net::InterfaceIndex interface,
                                       const net::Prefix& prefix) const {
  const Entry* entry = find(interface, prefix);
  return entry != nullptr && entry->failure ? &*entry->failure : nullptr;
}

bool StepLedger::idle() const {
  return std::ranges::none_of(entries_, [](const Entry& entry) {
    return entry.state == State::kInFlight || entry.state == State::kSettled;
  });
}

StepLedger::Entry* StepLedger::find(net::InterfaceIndex interface, const net::Prefix& prefix) {
  const Entry* entry = std::as_const(*this).find(interface, prefix);
  return entry != nullptr ? &entries_[static_cast<std::size_t>(entry - entries_.data())] : nullptr;
}

const StepLedger::Entry* StepLedger::find(net::InterfaceIndex interface,
                                          const net::Prefix& prefix) const {
  const auto at =
      std::ranges::lower_bound(entries_, Place{interface, prefix}, {},
                               [](const Entry& entry) { return place_of(entry.step.change); });
  const bool found = at != entries_.end() && place_of(at->step.change) == Place{interface, prefix};
  return found ? &*at : nullptr;
}

void StepLedger::tidy_up() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.state == State::kFinished; });
  const auto place = [](const Entry& entry) { return place_of(entry.step.change); };
  if (!std::ranges::is_sorted(entries_, {}, place)) {
    std::ranges::sort(entries_, {}, place);
  }
  failing_ = 0;
  next_deadline_ = base::kNever;
  for (const Entry& entry : entries_) {
    failing_ += entry.failure.has_value() ? 1U : 0U;
    next_deadline_ = std::min(next_deadline_, entry.deadline);
  }
}

}  // namespace keelvip::reconcile
