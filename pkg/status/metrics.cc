#include "pkg/status/metrics.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/status/router_metrics.h"

namespace keelvip::status {

namespace {

double in_seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double unix_seconds(base::WallTime at) {
  return in_seconds(at.time_since_epoch());
}

template <typename Totals>
struct Counter {
  std::string_view name;
  std::uint64_t Totals::* value;
  std::string_view help;
};

constexpr Counter<KernelStatus> kKernelCounters[] = {
    {"keelvip_kernel_resyncs_total", &KernelStatus::resyncs,
     "Complete readings of the node's links and addresses."},
    {"keelvip_kernel_overruns_total", &KernelStatus::overruns,
     "Times the kernel dropped notifications, each followed by a complete reading."},
    {"keelvip_kernel_addresses_added_total", &KernelStatus::addresses_added,
     "Addresses put on interfaces."},
    {"keelvip_kernel_addresses_removed_total", &KernelStatus::addresses_removed,
     "Addresses taken off interfaces."},
    {"keelvip_kernel_addresses_repaired_total", &KernelStatus::addresses_repaired,
     "Addresses put back because somebody had removed them."},
    {"keelvip_kernel_strays_removed_total", &KernelStatus::strays_removed,
     "Addresses marked as ours, but of no virtual IP held here, that were removed."},
    {"keelvip_kernel_step_failures_total", &KernelStatus::step_failures,
     "Changes of addresses that the kernel refused."},
};

template <typename Counters>
struct Reason {
  std::string_view name;
  std::uint64_t Counters::* value;
};
constexpr Reason<vrrp::LinkLosses> kUnsentReasons[] = {
    {"link_down", &vrrp::LinkLosses::unsent_link_down},
    {"no_buffers", &vrrp::LinkLosses::unsent_no_buffers},
    {"no_device", &vrrp::LinkLosses::unsent_no_device},
    {"other", &vrrp::LinkLosses::unsent_other},
    {"too_large", &vrrp::LinkLosses::unsent_too_large},
};
constexpr Reason<vrrp::SpeakerStatistics> kPacketDropReasons[] = {
    {"checksum", &vrrp::SpeakerStatistics::checksum_errors},
    {"incomplete", &vrrp::SpeakerStatistics::incomplete_packets},
    {"truncated", &vrrp::SpeakerStatistics::truncated_packets},
    {"ttl", &vrrp::SpeakerStatistics::ip_ttl_errors},
    {"unknown_virtual_router", &vrrp::SpeakerStatistics::vrid_errors},
    {"version", &vrrp::SpeakerStatistics::version_errors},
};

void write_specs(const Snapshot& snapshot, ExpositionWriter& out) {
  const SpecStatus& specs = snapshot.specs;
  out.family("keelvip_specs_last_reload_successful", MetricKind::kGauge,
             "Whether every document was accepted when the specs were last read.");
  out.sample("", specs.last_reload_successful);
  out.family("keelvip_specs_last_reload_timestamp_seconds", MetricKind::kGauge,
             "When the specs were last read, in seconds since 1970.");
  out.sample("", unix_seconds(specs.last_reload));
  out.family("keelvip_specs_revision", MetricKind::kGauge,
             "Number of changes of the specs since the agent started.");
  out.sample("", specs.revision);
  std::uint64_t invalid = 0;
  std::uint64_t conflict = 0;
  for (const api::Rejected& rejected : specs.rejected) {
    ++(rejected.kind == api::Rejected::Kind::kConflict ? conflict : invalid);
  }
  out.family("keelvip_specs_rejected", MetricKind::kGauge,
             "Documents that are refused now: invalid by themselves, or in conflict with another.");
  out.sample(labels({{"kind", "Invalid"}}), invalid);
  out.sample(labels({{"kind", "Conflict"}}), conflict);
  out.family("keelvip_virtualips", MetricKind::kGauge, "Virtual IPs in force.");
  out.sample("", std::uint64_t{snapshot.vips.size()});
}

void write_conditions(const Snapshot& snapshot, ExpositionWriter& out) {
  out.family("keelvip_virtualip_condition", MetricKind::kGauge,
             "Conditions of a virtual IP: 1 for the status that holds, 0 for the other two.");
  for (const VipStatus& vip : snapshot.vips) {
    for (const api::Condition& condition : vip.conditions) {
      const std::string subject =
          labels({{"virtualip", vip.resource->metadata.name}, {"type", condition.type}});
      for (const api::ConditionStatus status :
           {api::ConditionStatus::kTrue, api::ConditionStatus::kFalse,
            api::ConditionStatus::kUnknown}) {
        out.sample(subject, labels({{"status", to_string(status)}}), condition.status == status);
      }
    }
  }
}

/// A check with its labels, escaped once.
struct LabelledCheck {
  const CheckStatus* check;
  std::string labels;
};

void write_checks(const Snapshot& snapshot, ExpositionWriter& out) {
  std::vector<LabelledCheck> checks;
  for (const VipStatus& vip : snapshot.vips) {
    for (const CheckStatus& check : vip.checks) {
      checks.push_back(
          {&check, labels({{"virtualip", vip.resource->metadata.name}, {"check", check.name}})});
    }
  }
  out.family("keelvip_check_verdict", MetricKind::kGauge,
             "Health checks: 1 for the verdict in force, 0 for the other two.");
  for (const LabelledCheck& entry : checks) {
    for (const std::string_view verdict : {"Unknown", "Healthy", "Unhealthy"}) {
      out.sample(entry.labels, labels({{"verdict", verdict}}), entry.check->verdict == verdict);
    }
  }
  out.family("keelvip_check_attempts_total", MetricKind::kCounter,
             "Attempts of a health check that have ended.");
  for (const LabelledCheck& entry : checks) {
    out.sample(entry.labels, "result=\"success\"", entry.check->successes);
    out.sample(entry.labels, "result=\"failure\"", entry.check->failures);
  }
  out.family("keelvip_check_last_duration_seconds", MetricKind::kGauge,
             "How long the last attempt of a health check took.");
  for (const LabelledCheck& entry : checks) {
    out.sample(entry.labels, in_seconds(entry.check->last_took));
  }
}

void write_speaker(const Snapshot& snapshot, ExpositionWriter& out) {
  out.family("keelvip_speaker_packets_received_total", MetricKind::kCounter,
             "VRRP packets received, before any check.");
  out.sample("", snapshot.speaker.packets_received);
  out.family("keelvip_speaker_packets_dropped_total", MetricKind::kCounter,
             "VRRP packets that could not be given to one virtual router, by reason.");
  for (const auto& reason : kPacketDropReasons) {
    out.sample(labels({{"reason", reason.name}}), snapshot.speaker.*reason.value);
  }
  out.family("keelvip_speaker_packets_unread_total", MetricKind::kCounter,
             "VRRP packets that came while the queue of their socket was full.");
  out.sample("", snapshot.losses.unread);
  out.family("keelvip_speaker_frames_unsent_total", MetricKind::kCounter,
             "Adverts and announcements that the system refused to send, by reason.");
  for (const auto& reason : kUnsentReasons) {
    out.sample(labels({{"reason", reason.name}}), snapshot.losses.*reason.value);
  }
  constexpr auto kBounds = [] {
    std::array<double, vrrp::LatenessHistogram::kBoundsNanoseconds.size()> seconds{};
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      seconds[i] = static_cast<double>(vrrp::LatenessHistogram::kBoundsNanoseconds[i]) / 1e9;
    }
    return seconds;
  }();
  out.family("keelvip_speaker_lateness_seconds", MetricKind::kHistogram,
             "How much later than asked the VRRP speaker woke for its deadlines.");
  out.histogram(kBounds, snapshot.lateness.buckets, in_seconds(snapshot.lateness.sum));
}

void write_worker(const Snapshot& snapshot, ExpositionWriter& out) {
  const WorkerStatus& worker = snapshot.worker;
  out.family("keelvip_worker_restarts_total", MetricKind::kCounter,
             "Times that the guard started a new worker because one had died.");
  out.sample("", worker.restarts);
  out.family("keelvip_worker_last_death_timestamp_seconds", MetricKind::kGauge,
             "When the last worker died, in seconds since 1970; 0 if none did.");
  out.sample("", unix_seconds(worker.last_death_at));
  out.family("keelvip_guard_left_out", MetricKind::kGauge,
             "Active routers and addresses that the guard has no room for, so that the death of "
             "the worker would leave them to leases and to the patience of peers.");
  out.sample(labels({{"kind", "router"}}), worker.unguarded_routers);
  out.sample(labels({{"kind", "address"}}), worker.unguarded_addresses);
}

}  // namespace

void write_metrics(const Snapshot& snapshot, ExpositionWriter& out) {
  out.family("keelvip_build_info", MetricKind::kInfo, "The program that runs.");
  out.sample(labels({{"version", snapshot.version}, {"commit", snapshot.commit}}), true);
  out.family("keelvip_node_drained", MetricKind::kGauge,
             "Whether somebody has drained this node: it holds no virtual IP until that ends.");
  out.sample("", snapshot.drain.drained);
  write_specs(snapshot, out);
  write_conditions(snapshot, out);
  write_router_metrics(snapshot, out);
  write_checks(snapshot, out);
  write_speaker(snapshot, out);
  for (const Counter<KernelStatus>& counter : kKernelCounters) {
    out.family(counter.name, MetricKind::kCounter, counter.help);
    out.sample("", snapshot.kernel.*counter.value);
  }
  write_worker(snapshot, out);
}

std::string prometheus_text(const Snapshot& snapshot, ExpositionFormat format) {
  ExpositionWriter out(format);
  write_metrics(snapshot, out);
  std::string text = out.take();
  text += exposition_end(format);
  return text;
}

}  // namespace keelvip::status
