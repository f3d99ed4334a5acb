// Channels: every way in which the agent's threads talk. State travels in a Latest, facts that must
// all be seen in a Mailbox; nothing else is shared.
#pragma once

#include <cstddef>
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

namespace keelvip::agent {

struct Channels {
  // The failover path: speaker -> controller -> kernel -> controller -> speaker.
  runtime::Latest<vrrp::SpeakerConfig> speaker_config;
  runtime::Latest<vrrp::SpeakerReport> speaker_report;
  runtime::Mailbox<std::vector<net::AddressStep>> steps{256};
  runtime::Mailbox<std::vector<net::StepDone>> steps_done{4096};
  runtime::Latest<std::shared_ptr<const net::HostFacts>> host_facts;

  // Everything that may wait.
  runtime::Latest<std::shared_ptr<const api::SpecSet>> specs;
  runtime::Wakeup reload_asked;  // by a signal
  runtime::Latest<status::DrainStatus> drain;
  runtime::Latest<bool> drain_asked;  // by a signal: drain, or undrain
  runtime::Latest<std::vector<health::CheckSpec>> checks;
  runtime::Mailbox<health::CheckResult> check_results{65'536};
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
