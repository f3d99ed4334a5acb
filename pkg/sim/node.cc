#include "pkg/sim/node.h"

#include <utility>

namespace keelvip::sim {
namespace {

/// How long a new process takes until it has read its specs.
constexpr base::Duration kStartup = std::chrono::milliseconds(20);

}  // namespace

void Node::start() {
  if (agent_) {
    return;
  }
  in_force_.reset();
  agent_.emplace(scene_, place_, ++lives_, name_, clock_, kernel_, backend_);
  scene_.tell(place_, LifeChanged{Life::kStarted, clock_.local(scene_.now)});
  scene_.queue.push(scene_.now + scene_.prng.between({}, kStartup), EventKind::kSpecsArrive,
                    place_);
}

void Node::crash() {
  if (!agent_) {
    return;
  }
  agent_->abandon();
  agent_.reset();
  frozen_ = false;
  scene_.tell(place_, LifeChanged{Life::kCrashed, clock_.local(scene_.now)});
}

void Node::stop() {
  if (agent_) {
    agent_->request_stop();
  }
}

void Node::freeze() {
  if (agent_ && !frozen_) {
    frozen_ = true;
    scene_.tell(place_, LifeChanged{Life::kPaused, clock_.local(scene_.now)});
  }
}

void Node::resume() {
  if (agent_ && frozen_) {
    frozen_ = false;
    scene_.tell(place_, LifeChanged{Life::kResumed, clock_.local(scene_.now)});
    agent_->wake_all();
  }
}

void Node::hang_controller(base::Duration duration) {
  if (agent_) {
    agent_->hang_controller(scene_.now + duration);
  }
}

void Node::write_specs(SpecFiles files, base::Duration delay) {
  files_ = std::move(files);
  scene_.queue.push(scene_.now + delay, EventKind::kSpecsArrive, place_);
}

/// A new agent knows nothing of what its predecessor had in force.
void Node::read_specs() {
  if (!agent_ || files_ == nullptr) {
    return;
  }
  static const api::SpecSet kNothing;
  in_force_ = std::make_shared<const api::SpecSet>(
      api::fold(in_force_ != nullptr ? *in_force_ : kNothing, *files_));
  agent_->take_specs(in_force_);
}

void Node::run(const Event& event) {
  switch (event.kind) {
    case EventKind::kPacketArrives: {
      const net::InterfaceIndex interface = kernel_.interface_on(scene_.frame(event.what).segment);
      if (!agent_ || interface == net::InterfaceIndex{}) {
        scene_.release(event.what);
      } else {
        agent_->packet_arrives(event.what, interface);
      }
      return;
    }
    case EventKind::kSpecsArrive:
      read_specs();
      return;
    case EventKind::kAddressExpires:
      kernel_.expire();
      return;
    case EventKind::kSpeakerTurn:
    case EventKind::kControllerTurn:
    case EventKind::kKernelTurn:
    case EventKind::kProberTurn:
      break;
  }
  if (!agent_ || frozen_) {
    return;
  }
  agent_->run(event);
  if (agent_->ended()) {
    agent_->abandon();
    agent_.reset();
    scene_.tell(place_, LifeChanged{Life::kExited, clock_.local(scene_.now)});
  }
}

void Node::settle() {
  if (agent_ && !frozen_ && kernel_.changed()) {
    agent_->kernel_notifies();
  }
}

}  // namespace keelvip::sim
