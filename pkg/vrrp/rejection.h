// Rejection: why a received packet was not let into a virtual router. Counted, kept as the last one
// per router so that a user can read it, never logged here. The order is that of the checks: a
// packet is rejected for the first reason that applies.
#pragma once

#include <cstdint>
#include <string_view>

namespace keelvip::vrrp {

enum class Rejection : std::uint8_t {
  kTruncated,             // did not fit the receive buffer
  kIncompletePacket,      // ends before its own headers do
  kAuthenticationHeader,  // IPsec AH (protocol 51), which nobody here asked for
  kTimeToLive,       // TTL or hop limit is not 255: it crossed a router, or pretends (RFC 9568 7.1)
  kBadSource,        // a source address that no router can have
  kOwnSource,        // our own address as sender: a loop or a duplicate address
  kCastMismatch,     // not sent to the group that this virtual router listens to
  kVersion,          // neither 2 nor 3, version 2 over IPv6, or not the configured one
  kType,             // not an ADVERTISEMENT
  kPacketLength,     // longer or shorter than its address count says
  kChecksum,         // damaged, or a checksum form that is configured off
  kUnknownRouter,    // no such virtual router on this interface and family
  kInitialize,       // that virtual router does not take part now
  kAuthTypeInvalid,  // an authentication type that VRRPv2 does not know
  kAuthTypeMismatch,  // not the configured authentication type
  kAuthFailure,       // wrong password
  kEmptyAddressList,  // carries no address
  kInterval,          // v2: another advertisement interval; v3: zero
  kAddressList,       // other addresses than ours, where that is configured to matter
  kOwnerIgnores,      // we own the addresses and listen to nobody
};

/// One CamelCase word.
[[nodiscard]] constexpr std::string_view to_string(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTruncated:
      return "Truncated";
    case Rejection::kIncompletePacket:
      return "IncompletePacket";
    case Rejection::kAuthenticationHeader:
      return "AuthenticationHeader";
    case Rejection::kTimeToLive:
      return "TimeToLive";
    case Rejection::kBadSource:
      return "BadSource";
    case Rejection::kOwnSource:
      return "OwnSource";
    case Rejection::kCastMismatch:
      return "CastMismatch";
    case Rejection::kVersion:
      return "Version";
    case Rejection::kType:
      return "Type";
    case Rejection::kPacketLength:
      return "PacketLength";
    case Rejection::kChecksum:
      return "Checksum";
    case Rejection::kUnknownRouter:
      return "UnknownRouter";
    case Rejection::kInitialize:
      return "Initialize";
    case Rejection::kAuthTypeInvalid:
      return "AuthTypeInvalid";
    case Rejection::kAuthTypeMismatch:
      return "AuthTypeMismatch";
    case Rejection::kAuthFailure:
      return "AuthFailure";
    case Rejection::kEmptyAddressList:
      return "EmptyAddressList";
    case Rejection::kInterval:
      return "Interval";
    case Rejection::kAddressList:
      return "AddressList";
    case Rejection::kOwnerIgnores:
      break;
  }
  return "OwnerIgnores";
}

}  // namespace keelvip::vrrp
