#include "pkg/vrrp/counting.h"

#include <cstdint>

namespace keelvip::vrrp {
namespace {

using SpeakerCounter = std::uint64_t SpeakerStatistics::*;
using RouterCounter = std::uint64_t RouterStatistics::*;

/// nullptr: not one of the Speaker's.
SpeakerCounter speaker_counter(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTruncated:
      return &SpeakerStatistics::truncated_packets;
    case Rejection::kIncompletePacket:
      return &SpeakerStatistics::incomplete_packets;
    case Rejection::kTimeToLive:
      return &SpeakerStatistics::ip_ttl_errors;
    case Rejection::kVersion:
      return &SpeakerStatistics::version_errors;
    case Rejection::kChecksum:
      return &SpeakerStatistics::checksum_errors;
    case Rejection::kUnknownRouter:
      return &SpeakerStatistics::vrid_errors;
    default:
      return nullptr;
  }
}

/// nullptr: not counted.
RouterCounter router_counter(Rejection rejection) {
  switch (rejection) {
    case Rejection::kAuthenticationHeader:
    case Rejection::kAuthTypeMismatch:
      return &RouterStatistics::auth_type_mismatch;
    case Rejection::kAuthTypeInvalid:
      return &RouterStatistics::invalid_auth_type;
    case Rejection::kAuthFailure:
      return &RouterStatistics::auth_failure;
    case Rejection::kBadSource:
      return &RouterStatistics::bad_source;
    case Rejection::kOwnSource:
      return &RouterStatistics::own_source;
    case Rejection::kCastMismatch:
      return &RouterStatistics::cast_mismatch;
    case Rejection::kType:
      return &RouterStatistics::invalid_type_pkts_rcvd;
    case Rejection::kPacketLength:
      return &RouterStatistics::packet_length_errors;
    case Rejection::kEmptyAddressList:
    case Rejection::kAddressList:
      return &RouterStatistics::address_list_errors;
    case Rejection::kInterval:
      return &RouterStatistics::interval_errors;
    default:
      return nullptr;
  }
}

}  // namespace

void count(Rejection rejection, RouterStatistics* router, SpeakerStatistics& speaker) {
  if (const SpeakerCounter counter = speaker_counter(rejection)) {
    ++(speaker.*counter);
  } else if (router == nullptr) {
    ++speaker.vrid_errors;
  } else if (const RouterCounter own = router_counter(rejection)) {
    ++(router->*own);
  }
}

}  // namespace keelvip::vrrp
