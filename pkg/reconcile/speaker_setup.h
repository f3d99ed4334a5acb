// Speaker setup: turns the last round into the SpeakerConfig. Changes it in place and says whether
// anything differs, because an unchanged config for a thousand routers is the usual case.
#pragma once

#include "pkg/reconcile/state.h"

namespace keelvip::reconcile {

/// Gives the config an entry for each router of a new assignment; those that stay keep theirs.
/// True if one went or came.
[[nodiscard]] bool seat_routers(State& state);

/// True if the Speaker has to be told. A router that must not take part keeps the settings it last
/// spoke with: the Speaker needs them to resign.
[[nodiscard]] bool update_config(State& state);

}  // namespace keelvip::reconcile
