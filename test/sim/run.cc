#include "run.h"

#include <algorithm>

#include "address_checker.h"
#include "driver.h"
#include "final_checker.h"
#include "hand_over_checker.h"
#include "one_active_checker.h"
#include "schedule.h"
#include "takeover_checker.h"

namespace keelvip::sim {
namespace {

using base::Instant;

/// A cluster and all who watch it.
class Watch {
 public:
  Watch(const Schedule& schedule, const TraceSink& trace)
      : schedule_(schedule),
        trace_(trace),
        driver_(schedule),
        view_(schedule.nodes.size()),
        takeover_(driver_.world(), view_, findings_),
        one_active_(driver_.world(), view_, findings_),
        addresses_(driver_.world(), view_, findings_, schedule.hand_off),
        hand_over_(driver_.world(), view_, findings_, schedule),
        final_(driver_.world(), view_, findings_) {}

  Outcome run() {
    World& world = driver_.world();
    Outcome outcome;
    const Instant end = Instant{} + kRunEnd;
    look();  // at how the hosts came up
    while (!findings_.first() && (world.now() < end)) {
      const Instant stop = std::min({end, driver_.next(), one_active_.next(), addresses_.next()});
      world.step(stop);
      ++outcome.steps;
      look();
      if (driver_.next() <= world.now()) {
        act();
      }
      if (one_active_.next() <= world.now()) {
        one_active_.check();
      }
      if (addresses_.next() <= world.now()) {
        addresses_.check();
      }
    }
    if (!findings_.first()) {
      takeover_.finish();
      final_.finish(driver_, schedule_);
    }
    outcome.violation = findings_.first();
    outcome.ended = world.now();
    outcome.role_changes = final_.role_changes();
    return outcome;
  }

 private:
  void look() {
    for (const Happening& happening : driver_.world().happenings().subspan(seen_)) {
      ++seen_;
      if (trace_) {
        trace_(print(happening));
      }
      view_.see(happening);
      one_active_.see(happening);
      if (happening.node < view_.nodes.size()) {
        takeover_.see(happening);
        addresses_.see(happening);
        hand_over_.see(happening);
        final_.see(happening, driver_.acts());
      }
    }
    seen_ = 0;
  }

  void act() {
    const std::size_t before = driver_.world().happenings().size();
    driver_.act(view_);
    seen_ = before;
    look();
    one_active_.disturbed(driver_.longest_delay());
  }

  const Schedule& schedule_;
  const TraceSink& trace_;
  Driver driver_;
  Findings findings_;
  ClusterView view_;
  TakeoverChecker takeover_;
  OneActiveChecker one_active_;
  AddressChecker addresses_;
  HandOverChecker hand_over_;
  FinalChecker final_;
  std::size_t seen_ = 0;
};

}  // namespace

Outcome run(std::uint64_t seed, const TraceSink& trace) {
  const Schedule schedule = make_schedule(seed);
  if (trace) {
    trace(describe(schedule));
  }
  return Watch(schedule, trace).run();
}

}  // namespace keelvip::sim
