#include "pkg/status/status_json.h"

#include <algorithm>
#include <iterator>

#include "pkg/status/json_writer.h"
#include "pkg/status/object_json.h"

namespace keelvip::status {

namespace {

void append_rejected(JsonWriter& json, const api::Rejected& rejected) {
  json.begin_object();
  json.field("kind", rejected.kind == api::Rejected::Kind::kConflict ? "Conflict" : "Invalid");
  json.field("name", rejected.name);
  json.field("source", rejected.source);
  json.field("previousInForce", rejected.previous_in_force);
  json.key("errors");
  json.begin_array();
  for (const api::FieldError& error : rejected.errors) {
    json.begin_object();
    json.field("line", error.position.line);
    json.field("column", error.position.column);
    json.field("field", error.field);
    json.field("reason", error.reason);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void append_specs(JsonWriter& json, const SpecStatus& specs) {
  json.begin_object();
  json.field("source", specs.source);
  json.field("revision", specs.revision);
  json.field("lastReloadSuccessful", specs.last_reload_successful);
  append_time(json, "lastReload", specs.last_reload);
  json.key("rejected");
  json.begin_array();
  for (const api::Rejected& rejected : specs.rejected) {
    append_rejected(json, rejected);
  }
  json.end_array();
  json.end_object();
}

void append_drain(JsonWriter& json, const DrainStatus& drain) {
  json.begin_object();
  json.field("drained", drain.drained);
  if (drain.drained) {
    append_time(json, "since", drain.since);
    json.field("reason", drain.reason);
  }
  if (!drain.file.empty()) {
    json.field("file", drain.file);
  }
  if (!drain.problem.empty()) {
    json.field("problem", drain.problem);
  }
  json.end_object();
}

void append_speaker(JsonWriter& json, const Snapshot& snapshot) {
  const vrrp::SpeakerStatistics& speaker = snapshot.speaker;
  json.begin_object();
  json.field("packetsReceived", speaker.packets_received);
  json.field("checksumErrors", speaker.checksum_errors);
  json.field("versionErrors", speaker.version_errors);
  json.field("vridErrors", speaker.vrid_errors);
  json.field("ipTtlErrors", speaker.ip_ttl_errors);
  json.field("incompletePackets", speaker.incomplete_packets);
  json.field("truncatedPackets", speaker.truncated_packets);
  json.end_object();
}

void append_kernel(JsonWriter& json, const KernelStatus& kernel) {
  json.begin_object();
  json.field("resyncs", kernel.resyncs);
  json.field("overruns", kernel.overruns);
  json.field("addressesAdded", kernel.addresses_added);
  json.field("addressesRemoved", kernel.addresses_removed);
  json.field("addressesRepaired", kernel.addresses_repaired);
  json.field("straysRemoved", kernel.strays_removed);
  json.field("stepFailures", kernel.step_failures);
  json.end_object();
}

void append_worker(JsonWriter& json, const WorkerStatus& worker) {
  json.begin_object();
  json.field("restarts", worker.restarts);
  if (!worker.last_death.empty()) {
    json.field("lastDeath", worker.last_death);
    append_time(json, "lastDeathTime", worker.last_death_at);
  }
  json.field("unguardedRouters", worker.unguarded_routers);
  json.field("unguardedAddresses", worker.unguarded_addresses);
  json.end_object();
}

void append_items(JsonWriter& json, const Snapshot& snapshot, Detail detail) {
  json.key("items");
  json.begin_array();
  for (const VipStatus& vip : snapshot.vips) {
    append_object(json, vip, snapshot.node, detail);
  }
  json.end_array();
}

}  // namespace

std::string to_json(const Snapshot& snapshot) {
  JsonWriter json;
  json.begin_object();
  json.field("node", snapshot.node);
  json.field("version", snapshot.version);
  json.field("commit", snapshot.commit);
  append_time(json, "started", snapshot.started);
  append_time(json, "taken", snapshot.taken.wall);
  json.key("drain");
  append_drain(json, snapshot.drain);
  json.key("specs");
  append_specs(json, snapshot.specs);
  append_items(json, snapshot, Detail::kFull);
  json.key("speaker");
  append_speaker(json, snapshot);
  json.key("kernel");
  append_kernel(json, snapshot.kernel);
  json.key("worker");
  append_worker(json, snapshot.worker);
  json.end_object();
  return json.take();
}

std::string virtual_ips_json(const Snapshot& snapshot) {
  JsonWriter json;
  json.begin_object();
  json.field("apiVersion", api::kApiVersion);
  json.field("kind", "VirtualIPList");
  json.key("metadata");
  json.begin_object();
  json.end_object();
  append_items(json, snapshot, Detail::kObject);
  json.end_object();
  return json.take();
}

std::optional<std::string> virtual_ip_json(const Snapshot& snapshot, std::string_view name) {
  const auto vip = std::find_if(
      snapshot.vips.begin(), snapshot.vips.end(),
      [name](const VipStatus& candidate) { return candidate.resource->metadata.name == name; });
  if (vip == snapshot.vips.end()) {
    return std::nullopt;
  }
  JsonWriter json;
  append_object(json, *vip, snapshot.node, Detail::kObject);
  return json.take();
}

}  // namespace keelvip::status
