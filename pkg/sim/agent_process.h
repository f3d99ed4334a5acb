// AgentProcess: one life of the agent on a simulated host: the real Speaker and the real
// Controller, and loops around them that do what those of pkg/agent do: the same order, the same
// channels (newest state wins, facts queue up), but turns come from the Scene's queue, after a
// delay by chance, as from a scheduler. Owned by a Node; dies with it or alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/health/check.h"
#include "pkg/net/address_step.h"
#include "pkg/reconcile/controller.h"
#include "pkg/sim/host_kernel.h"
#include "pkg/sim/node_clock.h"
#include "pkg/sim/scene.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::sim {

/// What the checks of a node find: which of them fail.
class Backend {
 public:
  void set(const health::CheckId& id, bool healthy);
  void heal() { failing_.clear(); }
  [[nodiscard]] bool healthy(const health::CheckId& id) const;

 private:
  std::vector<health::CheckId> failing_;
};

class AgentProcess {
 public:
  /// `life` tells the turns of this process from those of the ones before it.
  AgentProcess(Scene& scene, std::size_t node, std::uint32_t life, std::string name,
               const NodeClock& clock, HostKernel& kernel, const Backend& backend);

  /// An event for a thread of this process has come; it may have been overtaken by an earlier one.
  void run(const Event& event);

  void packet_arrives(std::uint32_t slot, net::InterfaceIndex interface);
  void take_specs(std::shared_ptr<const api::SpecSet> specs);
  void request_stop();
  void kernel_notifies();

  /// It dies: what waits in its sockets goes with it, and of steps that are under way chance
  /// decides.
  void abandon();

  /// After a freeze: every thread is scheduled again, in an order by chance.
  void wake_all();
  /// The controller's thread hangs until then.
  void hang_controller(base::Instant until);

  /// It has given everything away and ended.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const reconcile::Controller& controller() const { return controller_; }
  [[nodiscard]] const vrrp::SpeakerReport& roles() const { return seen_; }
  [[nodiscard]] const vrrp::SpeakerConfig& config() const { return config_; }
  [[nodiscard]] std::size_t packets_waiting() const { return inbox_.size(); }

 private:
  /// When a thread shall run. Of its events in the queue only that one counts.
  struct Turn {
    base::Instant pending = base::kNever;
  };
  struct Packet {
    std::uint32_t slot = 0;
    net::InterfaceIndex interface;
  };
  struct ListenTarget {
    net::InterfaceIndex interface;
    net::Family family = net::Family::kIpv4;
    friend bool operator==(const ListenTarget&, const ListenTarget&) = default;
  };
  struct Probe {
    health::CheckSpec spec;
    base::Instant due;
  };

  void speaker_turn();
  void controller_turn();
  void kernel_turn();
  void prober_turn();

  [[nodiscard]] base::Instant local() const { return clock_.local(scene_.now); }
  void schedule(Turn& turn, EventKind kind, base::Instant at);
  void wake(Turn& turn, EventKind kind);
  void hand_off(Turn& turn, EventKind kind);
  void rest_until(Turn& turn, EventKind kind, base::Instant deadline);

  void adopt_config(base::Instant now);
  void take_in_packets(base::Instant now);
  void hear(const Packet& packet, base::Instant now);
  void note_roles(base::Instant now);
  void send_frames();
  void publish_report(base::Instant now);

  void handle(const reconcile::Event& event);
  void carry_out(reconcile::Commands commands);
  void take_checks(std::vector<health::CheckSpec> checks);
  void publish_facts();

  Scene& scene_;
  std::size_t node_;
  std::uint32_t life_;
  const NodeClock& clock_;
  HostKernel& kernel_;
  const Backend& backend_;

  // Speaker thread.
  vrrp::Speaker speaker_;
  Turn speaker_at_;
  std::vector<Packet> inbox_;
  std::vector<Packet> taken_;
  std::vector<ListenTarget> targets_;
  vrrp::SpeakerConfig config_;
  std::uint64_t seen_changes_ = 0;
  std::uint64_t reported_changes_ = 0;
  vrrp::SpeakerReport seen_;     // as of the last change of a role
  vrrp::SpeakerReport scratch_;  // the one before
  bool packets_wait_ = false;
  base::Duration gather_{};
  base::Instant gather_until_ = base::kNever;
  base::Instant last_packets_{};
  base::Instant next_report_;

  // Between the speaker's and the controller's thread.
  std::optional<vrrp::SpeakerConfig> next_config_;
  vrrp::SpeakerReport report_;
  bool report_waits_ = false;

  // Controller thread.
  reconcile::Controller controller_;
  Turn controller_at_;
  base::Instant hangs_until_{};
  std::shared_ptr<const net::HostFacts> facts_;
  std::vector<net::StepDone> answers_;
  std::shared_ptr<const api::SpecSet> specs_;
  std::vector<health::CheckResult> results_;
  bool stop_requested_ = false;
  bool stopping_ = false;
  bool ended_ = false;

  // Kernel thread.
  Turn kernel_at_;
  std::vector<net::AddressStep> orders_;
  std::vector<net::AddressStep> at_work_;
  base::Instant busy_until_ = base::kNever;

  // Prober.
  Turn prober_at_;
  std::vector<Probe> probes_;
};

}  // namespace keelvip::sim
