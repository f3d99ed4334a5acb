// step: the state machine of one virtual router (RFC 9568 section 6.4; RFC 3768 for version 2). A
// function of settings, state, event and time, and of nothing else: the Speaker drives it in
// production and in simulation alike. Timers are deadlines inside the state.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <variant>

#include "pkg/base/check.h"
#include "pkg/base/time.h"
#include "pkg/net/ip_address.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/types.h"

namespace keelvip::vrrp {

struct RouterState {
  Role role = Role::kInitialize;
  TransitionReason reason = TransitionReason::kNone;
  base::Instant since;  // of the last change of role
  /// Backup: Active_Down_Timer. Active: Adver_Timer. When it is reached, the event is
  /// DeadlineReached.
  base::Instant deadline = base::kNever;
  base::Duration armed{};  // what the deadline was last set to: moved by the difference when the
                           // settings change
  base::Centiseconds active_interval{};  // Active_Adver_Interval
  bool interval_learned = false;         // from the Active, as opposed to our own
  /// Backup: the reason of the transition if the deadline is reached.
  TransitionReason expiry_reason = TransitionReason::kNoResponse;
  /// Backup: nobody is Active, by its own word or ours, so the deadline is the skew alone.
  bool vacant = false;
  /// Backup, Delayed preemption: when the first inferior advert was heard; kNever when none was
  /// since the last one that was not inferior.
  base::Instant inferior_since = base::kNever;
  /// Active: earliest next immediate answer to an inferior advert, and announcement because of one.
  base::Instant answer_after = base::Instant::min();
  base::Instant announce_after = base::Instant::min();
  bool announcement_owed = false;  // one was due too early, and is made up for with a later advert
  /// Not Active any more: until then the addresses still answer, for the sake of the successor's
  /// clients. kNever: they do not.
  base::Instant hand_over_until = base::kNever;
  /// Active: the priority in force at the last event.
  Priority spoken{};

  friend bool operator==(const RouterState&, const RouterState&) = default;
};

/// A new Active announces its addresses anyway: for so long it may hear its predecessor's last
/// advert without announcing them once more.
inline constexpr base::Duration kHandover = std::chrono::milliseconds(100);
/// An Active that hears inferior adverts announces its addresses again, but not more often.
inline constexpr base::Duration kInferiorAnnounceGap = std::chrono::seconds(1);

/// Whether the addresses still answer although the router is not Active (any more).
[[nodiscard]] inline bool hands_over(const RouterState& state) {
  return state.hand_over_until != base::kNever;
}

/// When the next DeadlineReached is due; kNever: not before another event.
[[nodiscard]] inline base::Instant wakes_at(const RouterState& state) {
  return std::min(state.deadline, state.hand_over_until);
}

/// Backup under Delayed preemption: when it may begin to preempt; kNever when it is not waiting.
[[nodiscard]] base::Instant preempt_not_before(const RouterSettings& settings,
                                               const RouterState& state);

struct Started {};
struct Stopped {
  TransitionReason reason = TransitionReason::kStopped;
  /// An Active says priority 0 but keeps answering until its successor is heard.
  bool hand_over = false;
};
/// The settings are other ones than at the last event, though of the same virtual router.
struct SettingsChanged {};
struct DeadlineReached {};
/// An advert that passed every check (decode, admit): only such a one may touch a timer.
struct AdvertisementReceived {
  Priority priority;
  base::Centiseconds interval{};  // v3: 1..4095
  net::IpAddress source;
};
using Event =
    std::variant<Started, Stopped, SettingsChanged, DeadlineReached, AdvertisementReceived>;

struct SendAdvertisement {
  Priority priority;

  friend bool operator==(const SendAdvertisement&, const SendAdvertisement&) = default;
};
/// The new role is in the next state.
struct RoleChanged {
  Role from = Role::kInitialize;

  friend bool operator==(const RoleChanged&, const RoleChanged&) = default;
};
/// Hosts may have learned that the addresses are elsewhere: announce them again. (On becoming
/// Active they are announced as the kernel confirms them; that needs no action.)
struct AnnounceAddresses {
  friend bool operator==(const AnnounceAddresses&, const AnnounceAddresses&) = default;
};
using Action = std::variant<SendAdvertisement, RoleChanged, AnnounceAddresses>;

/// To be carried out in order. A fixed array: the hot path does not allocate.
class Actions {
 public:
  void push(Action action) {
    KEELVIP_CHECK(size_ < actions_.size());
    actions_[size_++] = action;
  }
  [[nodiscard]] const Action* begin() const { return actions_.data(); }
  [[nodiscard]] const Action* end() const { return actions_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<Action, 3> actions_{};
  std::size_t size_ = 0;
};

struct Outcome {
  RouterState next;
  Actions actions;
};

[[nodiscard]] Outcome step(const RouterSettings& settings, const RouterState& state,
                           const Event& event, base::Instant now);

}  // namespace keelvip::vrrp
