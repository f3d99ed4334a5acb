#include "pkg/status/object_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "pkg/api/encode.h"
#include "pkg/api/print.h"
#include "pkg/status/timestamp.h"

namespace keelvip::status {

namespace {

using vrrp::RouterStatistics;

std::int64_t in_milliseconds(base::Duration duration) {
  return std::chrono::floor<base::Milliseconds>(duration).count();
}

/// The router that speaks for the VIP on this node. Both families move together; while they do not,
/// the one that is furthest from Active tells more, and an "Active" that is half true is none.
const RouterStatus& leading_router(const std::vector<RouterStatus>& routers) {
  const auto distance = [](const RouterStatus& router) {
    constexpr std::array kFurthestFirst{NodeRole::kFault, NodeRole::kInitialize, NodeRole::kBackup,
                                        NodeRole::kActive};
    return std::find(kFurthestFirst.begin(), kFurthestFirst.end(), router.role) -
           kFurthestFirst.begin();
  };
  return *std::min_element(routers.begin(), routers.end(),
                           [&distance](const RouterStatus& a, const RouterStatus& b) {
                             return distance(a) < distance(b);
                           });
}

void append_condition(JsonWriter& json, const api::Condition& condition) {
  json.begin_object();
  json.field("type", condition.type);
  json.field("status", to_string(condition.status));
  json.field("observedGeneration", condition.observed_generation);
  json.field("lastTransitionTime", rfc3339_seconds(condition.last_transition_time));
  json.field("reason", condition.reason);
  json.field("message", condition.message);
  json.end_object();
}

void append_addresses(JsonWriter& json, const std::vector<net::Prefix>& addresses) {
  for (const net::Prefix& address : addresses) {
    json.value(address.to_string());
  }
}

void append_peer(JsonWriter& json, const PeerStatus& peer, Detail detail) {
  json.begin_object();
  json.field("address", peer.address.to_string());
  json.field("priority", peer.priority);
  json.field("advertIntervalMilliseconds", in_milliseconds(peer.advert_interval));
  if (detail == Detail::kFull) {
    append_time(json, "lastHeard", peer.last_heard);
  }
  json.end_object();
}

/// Names of RFC 8347 where it has one.
struct Counter {
  std::string_view name;
  std::uint64_t RouterStatistics::* value;
};
constexpr Counter kCounters[] = {
    {"advertisementRcvd", &RouterStatistics::advertisement_rcvd},
    {"advertisementSent", &RouterStatistics::advertisement_sent},
    {"priorityZeroPktsRcvd", &RouterStatistics::priority_zero_pkts_rcvd},
    {"priorityZeroPktsSent", &RouterStatistics::priority_zero_pkts_sent},
    {"masterTransitions", &RouterStatistics::master_transitions},
    {"intervalErrors", &RouterStatistics::interval_errors},
    {"invalidTypePktsRcvd", &RouterStatistics::invalid_type_pkts_rcvd},
    {"addressListErrors", &RouterStatistics::address_list_errors},
    {"packetLengthErrors", &RouterStatistics::packet_length_errors},
    {"invalidAuthType", &RouterStatistics::invalid_auth_type},
    {"authTypeMismatch", &RouterStatistics::auth_type_mismatch},
    {"authFailure", &RouterStatistics::auth_failure},
    {"ownSource", &RouterStatistics::own_source},
    {"badSource", &RouterStatistics::bad_source},
    {"castMismatch", &RouterStatistics::cast_mismatch},
    {"checksumFormMessageOnly", &RouterStatistics::checksum_form_message_only},
    {"checksumFormPseudoHeader", &RouterStatistics::checksum_form_pseudo_header},
    {"inferiorWhileActive", &RouterStatistics::inferior_while_active},
    {"announcementsSent", &RouterStatistics::announcements_sent},
};

/// What a router and the node's summary have in common.
void append_role(JsonWriter& json, const RouterStatus& router) {
  json.field("role", to_string(router.role));
  append_time(json, "since", router.since);
  json.field("reason", router.reason);
  json.field("message", router.message);
  json.field("effectivePriority", router.effective_priority);
  json.key("priorityTerms");
  json.begin_array();
  for (const PriorityTerm& term : router.priority_terms) {
    json.begin_object();
    json.field("source", term.source);
    json.field("value", term.value);
    json.end_object();
  }
  json.end_array();
  if (!router.interface.empty()) {
    json.field("interface", router.interface);
  }
}

void append_last_rejected(JsonWriter& json, const RouterStatus& router) {
  if (!router.last_rejected) {
    return;
  }
  json.key("lastRejected");
  json.begin_object();
  json.field("reason", to_string(router.last_rejected->reason));
  json.field("source", router.last_rejected->source.to_string());
  append_time(json, "time", router.last_rejected->at);
  json.end_object();
}

void append_router(JsonWriter& json, const RouterStatus& router, Detail detail) {
  json.begin_object();
  json.field("family", to_string(router.family));
  json.field("virtualRouterID", router.vrid);
  json.field("vrrpVersion", router.version);
  append_role(json, router);
  if (!router.source_address.empty()) {
    json.field("sourceAddress", router.source_address);
  }
  json.field("advertIntervalMilliseconds", in_milliseconds(router.advert_interval));
  if (router.preempt_not_before) {
    append_time(json, "preemptNotBefore", *router.preempt_not_before);
  }
  json.key("addresses");
  json.begin_array();
  append_addresses(json, router.addresses);
  json.end_array();
  json.key("peers");
  json.begin_array();
  for (const PeerStatus& peer : router.peers) {
    append_peer(json, peer, detail);
  }
  json.end_array();
  if (detail == Detail::kFull) {
    append_last_rejected(json, router);
    json.key("statistics");
    json.begin_object();
    for (const Counter& counter : kCounters) {
      json.field(counter.name, router.statistics.*counter.value);
    }
    json.end_object();
  }
  json.end_object();
}

void append_check(JsonWriter& json, const CheckStatus& check, Detail detail) {
  json.begin_object();
  json.field("name", check.name);
  json.field("kind", check.kind);
  json.field("verdict", check.verdict);
  json.field("onFailure", check.action);
  append_time(json, "since", check.since);
  json.field("lastReason", check.last_reason);
  if (detail == Detail::kFull) {
    json.field("lastDurationMicroseconds",
               std::chrono::floor<std::chrono::microseconds>(check.last_took).count());
    json.field("successes", check.successes);
    json.field("failures", check.failures);
  }
  json.end_object();
}

void append_transition(JsonWriter& json, const Transition& transition) {
  json.begin_object();
  append_time(json, "time", transition.at);
  json.field("family", to_string(transition.family));
  json.field("from", to_string(transition.from));
  json.field("to", to_string(transition.to));
  json.field("reason", transition.reason);
  json.field("message", transition.message);
  json.end_object();
}

void append_node(JsonWriter& json, const VipStatus& vip, std::string_view node, Detail detail) {
  json.begin_object();
  json.field("name", node);
  append_role(json, leading_router(vip.routers));
  json.key("addresses");
  json.begin_array();
  for (const RouterStatus& router : vip.routers) {
    append_addresses(json, router.addresses);
  }
  json.end_array();
  json.key("routers");
  json.begin_array();
  for (const RouterStatus& router : vip.routers) {
    append_router(json, router, detail);
  }
  json.end_array();
  json.key("checks");
  json.begin_array();
  for (const CheckStatus& check : vip.checks) {
    append_check(json, check, detail);
  }
  json.end_array();
  json.key("transitions");
  json.begin_array();
  for (const Transition& transition : vip.transitions) {
    append_transition(json, transition);
  }
  json.end_array();
  json.end_object();
}

}  // namespace

void append_time(JsonWriter& json, std::string_view name, base::WallTime at) {
  if (at != base::WallTime{}) {
    json.field(name, rfc3339_micros(at));
  }
}

void append_object(JsonWriter& json, const VipStatus& vip, std::string_view node, Detail detail) {
  json.begin_object();
  // Without its braces: the status joins the same object.
  const std::string resource = api::to_json(api::encode(*vip.resource, api::Secrets::kRedact));
  json.raw(std::string_view(resource).substr(1, resource.size() - 2));
  json.key("status");
  json.begin_object();
  json.field("observedGeneration", vip.resource->metadata.generation);
  json.key("conditions");
  json.begin_array();
  for (const api::Condition& condition : vip.conditions) {
    append_condition(json, condition);
  }
  json.end_array();
  json.key("nodes");
  json.begin_array();
  if (!vip.routers.empty()) {
    append_node(json, vip, node, detail);
  }
  json.end_array();
  json.end_object();
  json.end_object();
}

}  // namespace keelvip::status
