#include "pkg/status/router_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace keelvip::status {

namespace {

using vrrp::RouterStatistics;

/// A virtual router with its labels, escaped once.
struct LabelledRouter {
  const VipStatus* vip;
  const RouterStatus* router;
  std::string labels;
};
using Routers = std::vector<LabelledRouter>;

Routers labelled_routers(const Snapshot& snapshot) {
  Routers routers;
  for (const VipStatus& vip : snapshot.vips) {
    for (const RouterStatus& router : vip.routers) {
      routers.push_back({&vip, &router,
                         labels({{"virtualip", vip.resource->metadata.name},
                                 {"family", to_string(router.family)}})});
    }
  }
  return routers;
}

struct Counter {
  std::string_view name;
  std::uint64_t RouterStatistics::* value;
  std::string_view help;
};
constexpr Counter kCounters[] = {
    {"keelvip_router_adverts_received_total", &RouterStatistics::advertisement_rcvd,
     "Adverts received and accepted (RFC 8347 advertisement-rcvd)."},
    {"keelvip_router_adverts_sent_total", &RouterStatistics::advertisement_sent,
     "Adverts sent (RFC 8347 advertisement-sent)."},
    {"keelvip_router_priority_zero_received_total", &RouterStatistics::priority_zero_pkts_rcvd,
     "Adverts received by which an Active resigned (RFC 8347 priority-zero-pkts-rcvd)."},
    {"keelvip_router_priority_zero_sent_total", &RouterStatistics::priority_zero_pkts_sent,
     "Adverts sent by which this node resigned (RFC 8347 priority-zero-pkts-sent)."},
    {"keelvip_router_inferior_adverts_total", &RouterStatistics::inferior_while_active,
     "Adverts of a lower priority heard while Active: the sender does not hear this node."},
    {"keelvip_router_announcements_sent_total", &RouterStatistics::announcements_sent,
     "Gratuitous ARP and unsolicited neighbour advertisement frames sent."},
};

struct Reason {
  std::string_view name;
  std::uint64_t RouterStatistics::* value;
};
constexpr Reason kDropReasons[] = {
    {"address_list", &RouterStatistics::address_list_errors},
    {"auth_failure", &RouterStatistics::auth_failure},
    {"auth_type_invalid", &RouterStatistics::invalid_auth_type},
    {"auth_type_mismatch", &RouterStatistics::auth_type_mismatch},
    {"bad_source", &RouterStatistics::bad_source},
    {"cast_mismatch", &RouterStatistics::cast_mismatch},
    {"interval", &RouterStatistics::interval_errors},
    {"own_source", &RouterStatistics::own_source},
    {"packet_length", &RouterStatistics::packet_length_errors},
    {"packet_type", &RouterStatistics::invalid_type_pkts_rcvd},
};

void write_identity(const Routers& routers, ExpositionWriter& out) {
  out.family("keelvip_router_info", MetricKind::kInfo, "What the virtual router is on the wire.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels,
               labels({{"interface", entry.router->interface},
                       {"virtual_router_id", fmt::format_int(entry.router->vrid).c_str()},
                       {"vrrp_version", fmt::format_int(entry.router->version).c_str()}}),
               true);
  }
}

/// `name`="ROLE" for each role, escaped once.
std::array<std::string, kNodeRoles.size()> role_labels(std::string_view name) {
  std::array<std::string, kNodeRoles.size()> texts;
  for (const NodeRole role : kNodeRoles) {
    texts[static_cast<std::size_t>(role)] = labels({{name, to_string(role)}});
  }
  return texts;
}

void write_roles(const Routers& routers, ExpositionWriter& out) {
  const auto is_role = role_labels("role");
  const auto to_role = role_labels("to");
  out.family("keelvip_router_role", MetricKind::kGauge,
             "Roles of the virtual router on this node: 1 for the one it has, 0 for the others.");
  for (const LabelledRouter& entry : routers) {
    for (const NodeRole role : kNodeRoles) {
      out.sample(entry.labels, is_role[static_cast<std::size_t>(role)], entry.router->role == role);
    }
  }
  out.family("keelvip_router_role_since_timestamp_seconds", MetricKind::kGauge,
             "When the role last changed, in seconds since 1970; 0 if it never has.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels,
               std::chrono::duration<double>(entry.router->since.time_since_epoch()).count());
  }
  out.family("keelvip_router_transitions_total", MetricKind::kCounter,
             "Times that this node entered a role.");
  for (const LabelledRouter& entry : routers) {
    for (const NodeRole role : kNodeRoles) {
      const auto index = static_cast<std::size_t>(role);
      out.sample(entry.labels, to_role[index], entry.router->entered[index]);
    }
  }
}

void write_priorities(const Routers& routers, ExpositionWriter& out) {
  out.family("keelvip_router_base_priority", MetricKind::kGauge,
             "Priority that the spec gives this node.");
  for (const LabelledRouter& entry : routers) {
    if (!entry.router->priority_terms.empty()) {
      out.sample(entry.labels, std::int64_t{entry.router->priority_terms.front().value});
    }
  }
  out.family("keelvip_router_effective_priority", MetricKind::kGauge,
             "Priority in force: the base and what health checks make of it.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels, std::uint64_t{entry.router->effective_priority});
  }
}

void write_addresses(const Routers& routers, ExpositionWriter& out) {
  out.family("keelvip_router_addresses", MetricKind::kGauge, "Addresses that the spec names.");
  for (const LabelledRouter& entry : routers) {
    const auto& addresses = entry.vip->resource->spec.addresses;
    const auto count =
        std::count_if(addresses.begin(), addresses.end(), [&entry](const net::Prefix& prefix) {
          return prefix.address.family() == entry.router->family;
        });
    out.sample(entry.labels, std::int64_t{count});
  }
  out.family("keelvip_router_addresses_present", MetricKind::kGauge,
             "Addresses of the spec that are on this node's interface.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels, std::uint64_t{entry.router->addresses.size()});
  }
}

/// Peers are counted, not named: their addresses come from the network, so as labels they would
/// have no bound.
void write_peers(const Routers& routers, ExpositionWriter& out) {
  out.family("keelvip_router_peers", MetricKind::kGauge, "Other routers heard.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels, std::uint64_t{entry.router->peers.size()});
  }
  out.family("keelvip_router_last_advert_timestamp_seconds", MetricKind::kGauge,
             "When another router was last heard, in seconds since 1970; 0 if none was.");
  for (const LabelledRouter& entry : routers) {
    const auto& peers = entry.router->peers;
    const base::WallTime heard = peers.empty() ? base::WallTime{} : peers.front().last_heard;
    out.sample(entry.labels, std::chrono::duration<double>(heard.time_since_epoch()).count());
  }
  out.family("keelvip_router_advert_interval_seconds", MetricKind::kGauge,
             "Advert interval in force.");
  for (const LabelledRouter& entry : routers) {
    out.sample(entry.labels, std::chrono::duration<double>(entry.router->advert_interval).count());
  }
}

void write_counters(const Routers& routers, ExpositionWriter& out) {
  std::array<std::string, std::size(kDropReasons)> reasons;
  std::transform(std::begin(kDropReasons), std::end(kDropReasons), reasons.begin(),
                 [](const Reason& reason) { return labels({{"reason", reason.name}}); });
  for (const Counter& counter : kCounters) {
    out.family(counter.name, MetricKind::kCounter, counter.help);
    for (const LabelledRouter& entry : routers) {
      out.sample(entry.labels, entry.router->statistics.*counter.value);
    }
  }
  out.family("keelvip_router_adverts_dropped_total", MetricKind::kCounter,
             "Adverts for this virtual router that were dropped, by reason.");
  for (const LabelledRouter& entry : routers) {
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      out.sample(entry.labels, reasons[i], entry.router->statistics.*kDropReasons[i].value);
    }
  }
  out.family("keelvip_router_checksum_forms_total", MetricKind::kCounter,
             "Accepted VRRPv3 adverts over IPv4 by the form of their checksum.");
  for (const LabelledRouter& entry : routers) {
    const RouterStatistics& statistics = entry.router->statistics;
    out.sample(entry.labels, "form=\"message_only\"", statistics.checksum_form_message_only);
    out.sample(entry.labels, "form=\"pseudo_header\"", statistics.checksum_form_pseudo_header);
  }
}

}  // namespace

void write_router_metrics(const Snapshot& snapshot, ExpositionWriter& out) {
  const Routers routers = labelled_routers(snapshot);
  write_identity(routers, out);
  write_roles(routers, out);
  write_priorities(routers, out);
  write_addresses(routers, out);
  write_peers(routers, out);
  write_counters(routers, out);
}

}  // namespace keelvip::status
