#include "pkg/reconcile/lease.h"

#include <algorithm>
#include <chrono>

namespace keelvip::reconcile {
namespace {

/// Between two renewals, on average: 80 a second leave room for repairs and takeovers.
constexpr base::Duration kPace = std::chrono::microseconds(12'500);

/// Renewals go out in batches, a call to the kernel each.
constexpr std::size_t kBatch = 25;
constexpr base::Duration kBetweenBatches = kBatch * base::Milliseconds{10};

/// The kernel looks for lapsed addresses about once a second.
constexpr base::Duration kKernelSlack = std::chrono::seconds(1);

/// Longer than what the Speaker said is acted upon (Controller::kReportLife).
constexpr base::Duration kShortest = std::chrono::seconds(2);

struct Candidate {
  const DesiredAddress* wanted;
  AddressTrack* track;
};

AddressTrack& track_of(State& state, const DesiredAddress& wanted) {
  return state.routers[wanted.router].addresses[wanted.entry];
}

/// Also while its router hands over: with long adverts that lasts longer than a lease.
bool is_lent(const AddressTrack& track) {
  return track.present && track.renew_at != base::kNever;
}

}  // namespace

base::Duration lifetime_of(base::Duration lease, std::size_t addresses, base::Duration patience) {
  if (lease == base::Duration::zero()) {
    return lease;
  }
  const base::Duration asked = std::max<base::Duration>(lease - kKernelSlack, kShortest);
  const base::Duration bearable = 3 * static_cast<int>(addresses) * kPace;
  const base::Duration enough = patience * 3 / 2;  // two thirds are left just before a renewal
  return std::chrono::ceil<std::chrono::seconds>(std::max({asked, bearable, enough}));
}

base::Instant next_renewal(const State& state) {
  base::Instant next = base::kNever;
  for (const DesiredAddress& wanted : state.desired.addresses) {
    const AddressTrack& track = state.routers[wanted.router].addresses[wanted.entry];
    if (is_lent(track)) {
      next = std::min(next, track.renew_at);
    }
  }
  return next == base::kNever ? next : std::max(next, state.renewals_rest_until);
}

std::vector<net::AddressStep> take_renewals(State& state, base::Instant now) {
  std::vector<Candidate> due;
  for (const DesiredAddress& wanted : state.desired.addresses) {
    AddressTrack& track = track_of(state, wanted);
    // What is due a little later shares the call.
    if (is_lent(track) && track.renew_at <= now + kBetweenBatches / 2) {
      due.push_back({&wanted, &track});
    }
  }
  const std::size_t size = std::min(due.size(), kBatch);
  std::ranges::partial_sort(due, due.begin() + static_cast<std::ptrdiff_t>(size), {},
                            [](const Candidate& c) { return c.track->renew_at; });
  due.resize(size);
  std::vector<net::AddressStep> steps;
  steps.reserve(size);
  for (const auto& [wanted, track] : due) {
    steps.push_back({net::StepKind::kRenew, wanted->interface, wanted->prefix,
                     wanted->without_route, wanted->lifetime});
    const bool for_ever = wanted->lifetime == base::Duration::zero();
    track->renew_at = for_ever ? base::kNever : now + wanted->lifetime / 3;
  }
  state.renewals_rest_until = now + kBetweenBatches;
  return steps;
}

}  // namespace keelvip::reconcile
