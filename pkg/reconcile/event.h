// Event and Commands: all that goes into the controller and all that comes out of it, on its
// thread. Whole states come as pointers to values that nobody changes any more; the controller
// keeps those it needs.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "pkg/api/spec_set.h"
#include "pkg/health/check.h"
#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"
#include "pkg/reconcile/occurrence.h"
#include "pkg/status/snapshot.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/speaker_report.h"

namespace keelvip::reconcile {

struct SpecsRead {
  std::shared_ptr<const api::SpecSet> specs;
};

struct HostRead {
  std::shared_ptr<const net::HostFacts> facts;
};

/// `report` is looked at during the call only.
struct SpeakerReported {
  const vrrp::SpeakerReport* report;
};

/// What the drain file says: the whole of it, whenever anything of it has changed.
struct DrainRead {
  status::DrainStatus drain;
};

struct ChecksEnded {
  std::vector<health::CheckResult> results;
};

struct StepsDone {
  std::vector<net::StepDone> answers;
};

/// next_deadline() has come.
struct TimePassed {};

/// Give everything away, then stop. There is no way back.
struct StopRequested {};

using Event = std::variant<SpecsRead, HostRead, SpeakerReported, DrainRead, ChecksEnded, StepsDone,
                           TimePassed, StopRequested>;

/// In order of urgency.
struct Commands {
  std::vector<net::AddressStep> steps;                   // for kernel, in this order
  std::optional<vrrp::SpeakerConfig> speaker;            // replaces the one before
  std::optional<std::vector<health::CheckSpec>> checks;  // replaces the set before
  Occurrences occurrences;
};

}  // namespace keelvip::reconcile
