// Channels: every way in which the agent's threads talk. State travels in a Latest, facts that must
// all be seen in a Mailbox; nothing else is shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/health/check.h"
#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"
#include "pkg/runtime/heartbeat.h"
#include "pkg/runtime/latest.h"
#include "pkg/runtime/mailbox.h"
#include "pkg/runtime/wakeup.h"
#include "pkg/status/snapshot.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/speaker_report.h"
#include "pkg/wire/listeners.h"

namespace keelvip::agent {

/// What the speaker wants to hear, and the revision of the hearing that it reads.
struct ListenOrder {
  std::uint64_t number = 0;  // of the targets; from 1
  std::vector<wire::ListenTarget> targets;
  std::uint64_t in_use = 0;
};

/// What it can read now that an order is carried out.
struct ListenReport {
  std::uint64_t order = 0;
  wire::Hearing hearing;
};

struct Channels {
  // The failover path: speaker -> controller -> kernel -> controller -> speaker.
  runtime::Latest<vrrp::SpeakerConfig> speaker_config;
  runtime::Latest<vrrp::SpeakerReport> speaker_report;
  runtime::Mailbox<std::vector<net::AddressStep>> steps{256};
  runtime::Mailbox<std::vector<net::StepDone>> steps_done{4096};
  runtime::Latest<std::shared_ptr<const net::HostFacts>> host_facts;
  runtime::Latest<ListenOrder> listen_order;
  runtime::Latest<ListenReport> listen_report;

  // Everything that may wait.
  runtime::Latest<std::shared_ptr<const api::SpecSet>> specs;
  runtime::Wakeup reload_asked;  // by a signal
  runtime::Latest<status::DrainStatus> drain;
  runtime::Wakeup drain_asked;  // by a signal, to drain or undrain
  runtime::Latest<std::vector<health::CheckSpec>> checks;
  runtime::Mailbox<health::CheckResult> check_results{65'536};
  runtime::Wakeup replacement_asked;  // by a worker that cannot do all its work any more
  /// A Snapshot is made when somebody asks for it: for a thousand VIPs it is too much work, and too
  /// much memory, to make one that nobody reads.
  runtime::Wakeup snapshot_wanted;
  runtime::Latest<std::shared_ptr<const status::Snapshot>> snapshot;
};

/// One per loop, for /livez and the watchdog.
struct Heartbeats {
  runtime::Heartbeat speaker;
  runtime::Heartbeat controller;
  runtime::Heartbeat kernel;
  runtime::Heartbeat specfile;
  runtime::Heartbeat probe;
};

/// Every loop turns at least this often, so that a heartbeat older than several of them is a hang.
inline constexpr base::Duration kIdleTurn = std::chrono::seconds(1);

}  // namespace keelvip::agent
