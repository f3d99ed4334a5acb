// Fitness: may this node's virtual router take part in the election, and if not, the one reason
// that a user should look at first. Decided by `resolve` on the controller thread, shown in
// conditions, status and events.
#pragma once

#include <cstdint>
#include <string_view>

namespace keelvip::reconcile {

/// In the order in which they are looked at: what an earlier one forbids hides the later ones.
enum class Fitness : std::uint8_t {
  kFit,
  kStopping,             // the agent was asked to stop
  kDrained,              // somebody took this node out of service for a while
  kInterfaceAbsent,      // spec.interface names a link that does not exist
  kNoMatchingInterface,  // spec.interface is empty and no subnet holds the first address
  kNotEthernet,          // adverts and ARP cannot be sent on it
  kInterfaceDown,        // somebody set it down
  kNoCarrier,            // no cable, or its lower device is down
  kVridInUse,            // another VIP of this node uses the VRID on the same interface and family
  kAddressIsForeign,     // somebody else configured the virtual address on this node
  kNotAddressOwner,      // priority 255 claims addresses that the interface does not have
  kNoSourceAddress,      // the interface has no address that adverts could come from
  kMtuTooSmall,          // an advert with all its addresses does not fit the interface
  kCannotListen,         // adverts cannot be received on it
  kHealthCheckFailing,   // a check with action Withdraw failed
  kHealthCheckPending,   // a check with action Withdraw has no result yet
  kOtherFamilyInFault,   // the VIP's router of the other family cannot take part
};

/// One CamelCase word for people and machines.
[[nodiscard]] std::string_view to_string(Fitness fitness);

}  // namespace keelvip::reconcile
