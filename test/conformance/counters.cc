#include "counters.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/core.h>

namespace keelvip::conformance {
namespace {

template <typename Statistics>
struct Counter {
  std::string_view name;
  std::uint64_t Statistics::* value;
};

using Router = vrrp::RouterStatistics;
using Speaker = vrrp::SpeakerStatistics;

constexpr auto kRouterCounters = std::to_array<Counter<Router>>({
    {"advertisement_rcvd", &Router::advertisement_rcvd},
    {"priority_zero_pkts_rcvd", &Router::priority_zero_pkts_rcvd},
    {"priority_zero_pkts_sent", &Router::priority_zero_pkts_sent},
    {"master_transitions", &Router::master_transitions},
    {"interval_errors", &Router::interval_errors},
    {"invalid_type_pkts_rcvd", &Router::invalid_type_pkts_rcvd},
    {"address_list_errors", &Router::address_list_errors},
    {"packet_length_errors", &Router::packet_length_errors},
    {"invalid_auth_type", &Router::invalid_auth_type},
    {"auth_type_mismatch", &Router::auth_type_mismatch},
    {"auth_failure", &Router::auth_failure},
    {"own_source", &Router::own_source},
    {"bad_source", &Router::bad_source},
    {"cast_mismatch", &Router::cast_mismatch},
    {"checksum_form_message_only", &Router::checksum_form_message_only},
    {"checksum_form_pseudo_header", &Router::checksum_form_pseudo_header},
    {"inferior_while_active", &Router::inferior_while_active},
});

constexpr auto kSpeakerCounters = std::to_array<Counter<Speaker>>({
    {"checksum_errors", &Speaker::checksum_errors},
    {"version_errors", &Speaker::version_errors},
    {"vrid_errors", &Speaker::vrid_errors},
    {"ip_ttl_errors", &Speaker::ip_ttl_errors},
    {"incomplete_packets", &Speaker::incomplete_packets},
    {"truncated_packets", &Speaker::truncated_packets},
});

template <typename Statistics, std::size_t kCount>
std::vector<std::string> changes(const std::array<Counter<Statistics>, kCount>& counters,
                                 const Statistics& before, const Statistics& after) {
  std::vector<std::string> lines;
  for (const auto& counter : counters) {
    if (const std::uint64_t grown = after.*counter.value - before.*counter.value) {
      lines.push_back(fmt::format("{} +{}", counter.name, grown));
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> counter_changes(const vrrp::RouterStatistics& before,
                                         const vrrp::RouterStatistics& after) {
  return changes(kRouterCounters, before, after);
}

std::vector<std::string> counter_changes(const vrrp::SpeakerStatistics& before,
                                         const vrrp::SpeakerStatistics& after) {
  return changes(kSpeakerCounters, before, after);
}

}  // namespace keelvip::conformance
