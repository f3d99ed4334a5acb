// The loops around the controller, the kernel and the checks; speaker_turns.cc has the Speaker's.
#include "pkg/sim/agent_process.h"

#include <algorithm>
#include <utility>

namespace keelvip::sim {

using base::Instant;

void Backend::set(const health::CheckId& id, bool healthy) {
  std::erase(failing_, id);
  if (!healthy) {
    failing_.push_back(id);
  }
}

bool Backend::healthy(const health::CheckId& id) const {
  return std::ranges::find(failing_, id) == failing_.end();
}

AgentProcess::AgentProcess(Scene& scene, std::size_t node, std::uint32_t life, std::string name,
                           const NodeClock& clock, HostKernel& kernel, const Backend& backend)
    : scene_(scene),
      node_(node),
      life_(life),
      clock_(clock),
      kernel_(kernel),
      backend_(backend),
      next_report_(clock.local(scene.now)),
      controller_({std::move(name), "simulation", "0", ""}, clock.now(scene.now)) {
  wake(speaker_at_, EventKind::kSpeakerTurn);
  publish_facts();
}

void AgentProcess::run(const Event& event) {
  if (event.what != life_) {
    return;
  }
  const auto starts = [&](Turn& turn) {
    const bool due = turn.pending == event.at;
    turn.pending = due ? base::kNever : turn.pending;
    return due;
  };
  if (event.kind == EventKind::kSpeakerTurn && starts(speaker_at_)) {
    speaker_turn();
  } else if (event.kind == EventKind::kControllerTurn && starts(controller_at_)) {
    controller_turn();
  } else if (event.kind == EventKind::kKernelTurn && starts(kernel_at_)) {
    kernel_turn();
  } else if (event.kind == EventKind::kProberTurn && starts(prober_at_)) {
    prober_turn();
  }
}

void AgentProcess::schedule(Turn& turn, EventKind kind, Instant at) {
  if (at < turn.pending) {
    turn.pending = at;
    scene_.queue.push(at, kind, node_, life_);
  }
}

void AgentProcess::wake(Turn& turn, EventKind kind) {
  schedule(turn, kind, scene_.now + scene_.prng.between({}, scene_.scheduling.wake));
}

void AgentProcess::hand_off(Turn& turn, EventKind kind) {
  schedule(turn, kind, scene_.now + scene_.prng.between({}, scene_.scheduling.hand_off));
}

/// A deadline that moved away leaves its turn in the queue, which then finds nothing to do.
void AgentProcess::rest_until(Turn& turn, EventKind kind, Instant deadline) {
  if (deadline == base::kNever) {
    return;
  }
  const Instant due = std::max(clock_.world(deadline), scene_.now);
  if (due < turn.pending) {
    schedule(turn, kind, due + scene_.prng.between({}, scene_.scheduling.wake));
  }
}

void AgentProcess::abandon() {
  for (const Packet& packet : inbox_) {
    scene_.release(packet.slot);
  }
  for (const net::AddressStep& step : at_work_) {
    if (scene_.prng.chance(500)) {
      (void)kernel_.carry_out(step);
    }
  }
}

void AgentProcess::wake_all() {
  for (Turn* turn : {&speaker_at_, &controller_at_, &kernel_at_, &prober_at_}) {
    turn->pending = base::kNever;
  }
  wake(speaker_at_, EventKind::kSpeakerTurn);
  wake(controller_at_, EventKind::kControllerTurn);
  wake(kernel_at_, EventKind::kKernelTurn);
  wake(prober_at_, EventKind::kProberTurn);
}

void AgentProcess::hang_controller(Instant until) {
  hangs_until_ = until;
}

void AgentProcess::take_specs(std::shared_ptr<const api::SpecSet> specs) {
  specs_ = std::move(specs);
  hand_off(controller_at_, EventKind::kControllerTurn);
}

void AgentProcess::request_stop() {
  stop_requested_ = true;
  hand_off(controller_at_, EventKind::kControllerTurn);
}

void AgentProcess::controller_turn() {
  if (scene_.now < hangs_until_) {
    schedule(controller_at_, EventKind::kControllerTurn, hangs_until_);
    return;
  }
  if (stop_requested_ && !std::exchange(stopping_, true)) {
    handle(reconcile::StopRequested{});
  }
  // As ControllerLoop::take_in: answers are handled after the facts that contain them.
  std::vector<net::StepDone> answers = std::exchange(answers_, {});
  if (std::exchange(report_waits_, false)) {
    handle(reconcile::SpeakerReported{&report_});
  }
  if (facts_ != nullptr) {
    handle(reconcile::HostRead{std::exchange(facts_, nullptr)});
  }
  if (!answers.empty()) {
    handle(reconcile::StepsDone{std::move(answers)});
  }
  if (specs_ != nullptr) {
    handle(reconcile::SpecsRead{std::exchange(specs_, nullptr)});
  }
  if (!results_.empty()) {
    handle(reconcile::ChecksEnded{std::exchange(results_, {})});
  }
  if (local() >= controller_.next_deadline()) {
    handle(reconcile::TimePassed{});
  }
  ended_ = stopping_ && controller_.stopped();
  rest_until(controller_at_, EventKind::kControllerTurn, controller_.next_deadline());
}

void AgentProcess::handle(const reconcile::Event& event) {
  carry_out(controller_.handle(event, clock_.now(scene_.now)));
}

void AgentProcess::carry_out(reconcile::Commands commands) {
  if (!commands.steps.empty()) {
    orders_.insert(orders_.end(), commands.steps.begin(), commands.steps.end());
    hand_off(kernel_at_, EventKind::kKernelTurn);
  }
  if (commands.speaker) {
    next_config_ = std::move(*commands.speaker);
    hand_off(speaker_at_, EventKind::kSpeakerTurn);
  }
  if (commands.checks) {
    take_checks(std::move(*commands.checks));
  }
}

void AgentProcess::kernel_notifies() {
  wake(kernel_at_, EventKind::kKernelTurn);
}

/// Steps take their time, during which the thread is deaf; facts leave before the answers.
void AgentProcess::kernel_turn() {
  if (busy_until_ != base::kNever) {
    if (scene_.now < busy_until_) {
      schedule(kernel_at_, EventKind::kKernelTurn, busy_until_);
      return;
    }
    busy_until_ = base::kNever;
    for (const net::AddressStep& step : at_work_) {
      answers_.push_back(kernel_.carry_out(step));
    }
    at_work_.clear();
    publish_facts();
  }
  if (!orders_.empty()) {
    at_work_.swap(orders_);
    busy_until_ =
        scene_.now + kernel_.slowness() + scene_.prng.between({}, scene_.scheduling.kernel);
    schedule(kernel_at_, EventKind::kKernelTurn, busy_until_);
  }
  if (kernel_.changed()) {
    publish_facts();
  }
}

void AgentProcess::publish_facts() {
  facts_ = kernel_.read();
  hand_off(controller_at_, EventKind::kControllerTurn);
}

void AgentProcess::take_checks(std::vector<health::CheckSpec> checks) {
  std::vector<Probe> before = std::exchange(probes_, {});
  const Instant now = local();
  for (health::CheckSpec& spec : checks) {
    const auto known = std::ranges::find(before, spec.id, [](const Probe& p) { return p.spec.id; });
    const bool goes_on = known != before.end() && known->spec.revision == spec.revision;
    const Instant first =
        now + scene_.prng.between(
                  {}, std::min<base::Duration>(spec.period, std::chrono::milliseconds(500)));
    probes_.push_back({std::move(spec), goes_on ? known->due : first});
    rest_until(prober_at_, EventKind::kProberTurn, probes_.back().due);
  }
}

void AgentProcess::prober_turn() {
  const Instant now = local();
  Instant next = base::kNever;
  for (Probe& probe : probes_) {
    if (probe.due <= now) {
      const bool healthy = backend_.healthy(probe.spec.id);
      results_.push_back({probe.spec.id, healthy, healthy ? "HTTP 200" : "HTTP 503",
                          std::chrono::milliseconds(1), now, probe.spec.revision});
      probe.due = std::max(probe.due + probe.spec.period, now);
    }
    next = std::min(next, probe.due);
  }
  if (!results_.empty()) {
    hand_off(controller_at_, EventKind::kControllerTurn);
  }
  rest_until(prober_at_, EventKind::kProberTurn, next);
}

}  // namespace keelvip::sim
