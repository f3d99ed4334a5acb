#include "pkg/vrrp/step.h"

#include <algorithm>
#include <utility>

#include "pkg/vrrp/timers.h"

namespace keelvip::vrrp {
namespace {

using base::Duration;
using base::Instant;

/// One event being worked on: what it reads, and the outcome as far as it is known.
struct Turn {
  const RouterSettings& settings;
  Instant now;
  Outcome outcome;

  RouterState& state() { return outcome.next; }
  void act(Action action) { outcome.actions.push(action); }
};

bool owner(const RouterSettings& settings) {
  return settings.priority == kOwner;
}

void enter(Turn& turn, Role role, TransitionReason reason) {
  RouterState& state = turn.state();
  turn.act(RoleChanged{state.role});
  state.role = role;
  state.reason = reason;
  state.since = turn.now;
  state.announcement_owed = false;
}

void arm(Turn& turn, Duration duration) {
  turn.state().armed = duration;
  turn.state().deadline = turn.now + duration;
}

Duration skew(const Turn& turn, const RouterState& state) {
  return skew_time(turn.settings.version, turn.settings.priority, state.active_interval);
}

Duration down_interval(const Turn& turn, const RouterState& state) {
  return active_down_interval(turn.settings.version, turn.settings.priority, state.active_interval);
}

/// Active_Adver_Interval := our own Advertisement_Interval.
void forget_interval(Turn& turn) {
  turn.state().active_interval = turn.settings.advert_interval;
  turn.state().interval_learned = false;
}

/// RFC 9568 6.4.2: v3 adopts the Active's interval. v2 never accepts another than its own.
void learn_interval(Turn& turn, const AdvertisementReceived& advert) {
  if (turn.settings.version == Version::kV3) {
    turn.state().active_interval = advert.interval;
    turn.state().interval_learned = true;
  }
}

void hand_over(Turn& turn, Duration limit) {
  turn.state().hand_over_until = turn.now + limit;
}

void end_hand_over(Turn& turn) {
  turn.state().hand_over_until = base::kNever;
}

/// Somebody else speaks as Active: it has the addresses, or is about to add them.
void hear_successor(Turn& turn) {
  RouterState& state = turn.state();
  if (hands_over(state)) {
    state.hand_over_until = std::min(state.hand_over_until, turn.now + kOverlap);
  }
}

void start_down_timer(Turn& turn) {
  turn.state().expiry_reason = TransitionReason::kNoResponse;
  turn.state().vacant = false;
  arm(turn, down_interval(turn, turn.state()));
}

/// The advert leaves before anything else happens, so that an old Active releases the addresses
/// before we announce them.
void become_active(Turn& turn, TransitionReason reason) {
  turn.act(SendAdvertisement{turn.settings.priority});
  enter(turn, Role::kActive, reason);
  RouterState& state = turn.state();
  forget_interval(turn);
  end_hand_over(turn);
  state.spoken = turn.settings.priority;
  state.inferior_since = base::kNever;
  state.answer_after = Instant::min();
  state.announce_after = Instant::min();
  arm(turn, turn.settings.advert_interval);
}

void become_backup(Turn& turn, TransitionReason reason) {
  enter(turn, Role::kBackup, reason);
  turn.state().inferior_since = base::kNever;
  start_down_timer(turn);
}

/// RFC 9568 6.4.1.
void handle(Turn& turn, const Started& /*event*/) {
  if (turn.state().role != Role::kInitialize) {
    return;
  }
  forget_interval(turn);
  if (owner(turn.settings)) {
    become_active(turn, TransitionReason::kAddressOwner);
  } else {
    become_backup(turn, TransitionReason::kStarted);
  }
}

/// RFC 9568 6.4.2 and 6.4.3, Shutdown event.
void handle(Turn& turn, const Stopped& event) {
  RouterState& state = turn.state();
  if (!event.hand_over) {
    end_hand_over(turn);
  }
  if (state.role == Role::kInitialize) {
    return;
  }
  if (state.role == Role::kActive) {
    turn.act(SendAdvertisement{kResign});
    if (event.hand_over) {
      hand_over(turn, hand_over_limit(turn.settings.version, turn.settings.advert_interval));
    }
  }
  enter(turn, Role::kInitialize, event.reason);
  state.deadline = base::kNever;
  state.inferior_since = base::kNever;
}

/// An Active whose priority was lowered: a Backup that is better now would preempt it after a whole
/// down interval only, and a resignation brings that down to its skew (RFC 9568 6.4.2). Who is
/// better is not known, as Backups are silent; if nobody is, this router is Active again after its
/// own skew, and has answered all the time.
void stand_again(Turn& turn) {
  turn.act(SendAdvertisement{kResign});
  hand_over(turn, hand_over_limit(turn.settings.version, turn.settings.advert_interval));
  enter(turn, Role::kBackup, TransitionReason::kPriorityLowered);
  forget_interval(turn);
  turn.state().inferior_since = base::kNever;
  turn.state().expiry_reason = TransitionReason::kNoResponse;
  turn.state().vacant = true;
  arm(turn, skew(turn, turn.state()));
}

/// Preempt_Mode false says that a better router shall not take over from one that works.
bool shall_stand_again(const Turn& turn, Priority before) {
  return !owner(turn.settings) && turn.settings.priority < before &&
         turn.settings.preemption.mode != PreemptionMode::kNever;
}

/// Said at once, as Backups of version 3 reckon with the interval that they heard last: a
/// resignation before the next advert would be answered after a skew of the old one, a longer
/// interval by a takeover.
void speak_in_new_interval(Turn& turn) {
  forget_interval(turn);
  turn.act(SendAdvertisement{turn.settings.priority});
  arm(turn, turn.settings.advert_interval);
}

/// The running timer moves by what its length changed; it is never restarted, so that a priority
/// that moves often cannot put a takeover off for ever.
void handle(Turn& turn, const SettingsChanged& /*event*/) {
  RouterState& state = turn.state();
  if (state.role == Role::kInitialize) {
    return;
  }
  if (state.role == Role::kBackup && owner(turn.settings)) {
    become_active(turn, TransitionReason::kAddressOwner);
    return;
  }
  if (state.role == Role::kActive) {
    const Priority before = std::exchange(state.spoken, turn.settings.priority);
    if (shall_stand_again(turn, before)) {
      stand_again(turn);
      return;
    }
    if (turn.settings.version == Version::kV3 && turn.settings.advert_interval != state.armed) {
      speak_in_new_interval(turn);
      return;
    }
  }
  if (state.role == Role::kActive || !state.interval_learned) {
    forget_interval(turn);
  }
  Duration length = turn.settings.advert_interval;
  if (state.role == Role::kBackup) {
    length = state.vacant ? skew(turn, state) : down_interval(turn, state);
  }
  // Not into the past: a shorter interval is no stall of ours.
  state.deadline = std::max(state.deadline + (length - state.armed), turn.now);
  state.armed = length;
  if (state.vacant && hands_over(state)) {
    state.hand_over_until = std::max(state.hand_over_until, state.deadline + kOverlap);
  }
}

/// Somebody else spoke as Active, and hosts may have learned its MAC address.
void announce_again(Turn& turn) {
  RouterState& state = turn.state();
  state.announcement_owed = turn.now < std::max(state.announce_after, state.since + kHandover);
  if (!state.announcement_owed) {
    state.announce_after = turn.now + kInferiorAnnounceGap;
    turn.act(AnnounceAddresses{});
  }
}

/// Adver_Timer. The next deadline follows from the last one, not from `now`, so that late wake-ups
/// do not add up; periods that were missed altogether are not made up for.
void advertise_periodically(Turn& turn) {
  RouterState& state = turn.state();
  turn.act(SendAdvertisement{turn.settings.priority});
  const Duration interval = turn.settings.advert_interval;
  const Duration late = turn.now - state.deadline;
  const auto missed = late > Duration::zero() ? late / interval : 0;
  state.deadline += (missed + 1) * interval;
  state.armed = interval;
  if (state.announcement_owed) {
    announce_again(turn);
  }
}

void handle(Turn& turn, const DeadlineReached& /*event*/) {
  const RouterState& state = turn.state();
  if (state.role == Role::kActive) {
    advertise_periodically(turn);
  } else if (turn.now >= state.deadline) {
    become_active(turn, state.expiry_reason);
  } else if (turn.now >= state.hand_over_until) {
    end_hand_over(turn);
  }
}

/// Whether a Backup goes on serving an Active of lower priority, for now or for good.
bool tolerates_inferior(Turn& turn) {
  if (owner(turn.settings)) {
    return false;  // RFC 9568 6.1: the owner preempts independent of the setting
  }
  switch (turn.settings.preemption.mode) {
    case PreemptionMode::kImmediate:
      return false;
    case PreemptionMode::kNever:
      return true;
    case PreemptionMode::kDelayed:
      break;
  }
  RouterState& state = turn.state();
  if (state.inferior_since == base::kNever) {
    state.inferior_since = turn.now;
  }
  return turn.now < preempt_not_before(turn.settings, state);
}

/// Nobody is Active any more: nothing to preempt, so a preemption delay does not matter. Who has
/// just yielded to the one that leaves goes on answering until there is another; not for ever,
/// however often it is said.
void hear_vacancy(Turn& turn) {
  RouterState& state = turn.state();
  if (!state.vacant && hands_over(state)) {
    hand_over(turn, hand_over_limit(turn.settings.version, state.active_interval));
  }
  state.expiry_reason = TransitionReason::kPeerResigned;
  state.vacant = true;
  arm(turn, skew(turn, state));
}

/// RFC 9568 6.4.2.
void hear_as_backup(Turn& turn, const AdvertisementReceived& advert) {
  RouterState& state = turn.state();
  if (advert.priority == kResign) {
    hear_vacancy(turn);
    return;
  }
  hear_successor(turn);
  if (advert.priority < turn.settings.priority) {
    if (!tolerates_inferior(turn)) {
      // The timer runs on: takeover comes after what remains of it, not at once.
      if (state.expiry_reason == TransitionReason::kNoResponse) {
        state.expiry_reason = TransitionReason::kPreempted;
      }
      return;
    }
  } else {
    state.inferior_since = base::kNever;
  }
  learn_interval(turn, advert);
  start_down_timer(turn);
}

/// RFC 9568 6.4.3: answered at once, without touching Adver_Timer; at most once in an advert
/// interval, so that two routers that cannot hear each other do not excite a storm. Version 2 is
/// silent (RFC 3768 6.4.3).
void answer_inferior(Turn& turn) {
  RouterState& state = turn.state();
  if (turn.settings.version == Version::kV3 && turn.settings.acceptance.answer_inferior &&
      turn.now >= state.answer_after) {
    state.answer_after = turn.now + turn.settings.advert_interval;
    turn.act(SendAdvertisement{turn.settings.priority});
  }
  announce_again(turn);
}

/// RFC 9568 6.4.3: the advert that is due is sent now; like all answers at most once in an advert
/// interval, or whoever repeats priority 0 has us flood the LAN.
void hear_resignation(Turn& turn) {
  RouterState& state = turn.state();
  if (turn.now >= state.answer_after) {
    state.answer_after = turn.now + turn.settings.advert_interval;
    turn.act(SendAdvertisement{turn.settings.priority});
    arm(turn, turn.settings.advert_interval);
  }
  announce_again(turn);
}

/// One last advert tells the winner that there were two: it announces its addresses again, which
/// the hosts that learned ours need. Without it a winner whose advert crossed ours first never
/// learns of the split, and those hosts are lost until their neighbour entries age.
void yield(Turn& turn, const AdvertisementReceived& advert, TransitionReason reason) {
  turn.act(SendAdvertisement{turn.settings.priority});
  forget_interval(turn);
  learn_interval(turn, advert);
  become_backup(turn, reason);
  hand_over(turn, kOverlap);
}

/// RFC 9568 6.4.3. Preempt_Mode plays no part here.
void hear_as_active(Turn& turn, const AdvertisementReceived& advert) {
  if (advert.priority == kResign) {
    hear_resignation(turn);
  } else if (advert.priority > turn.settings.priority) {
    yield(turn, advert, TransitionReason::kHigherPriority);
  } else if (advert.priority == turn.settings.priority && advert.source > turn.settings.primary) {
    yield(turn, advert, TransitionReason::kHigherAddress);
  } else {
    answer_inferior(turn);
  }
}

void handle(Turn& turn, const AdvertisementReceived& event) {
  switch (turn.state().role) {
    case Role::kInitialize:
      if (event.priority != kResign) {
        hear_successor(turn);
      }
      return;
    case Role::kBackup:
      hear_as_backup(turn, event);
      return;
    case Role::kActive:
      hear_as_active(turn, event);
  }
}

/// An Active that was away (a frozen process, a long stall) for longer than a Backup waits: it
/// has been replaced. Two would answer until it heard so; the RFC's timers are about routers that
/// run.
bool was_replaced(const Turn& turn) {
  const RouterState& state = turn.outcome.next;
  return state.role == Role::kActive && !owner(turn.settings) &&
         turn.now - (state.deadline - state.armed) > down_interval(turn, state);
}

}  // namespace

base::Instant preempt_not_before(const RouterSettings& settings, const RouterState& state) {
  if (settings.preemption.mode != PreemptionMode::kDelayed ||
      state.inferior_since == base::kNever) {
    return base::kNever;
  }
  return state.inferior_since + settings.preemption.delay;
}

Outcome step(const RouterSettings& settings, const RouterState& state, const Event& event,
             base::Instant now) {
  Turn turn{settings, now, {state, {}}};
  if (was_replaced(turn)) {
    forget_interval(turn);
    become_backup(turn, TransitionReason::kStalled);
  }
  std::visit([&](const auto& e) { handle(turn, e); }, event);
  return turn.outcome;
}

}  // namespace keelvip::vrrp
